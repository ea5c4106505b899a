import { expect, test } from '@jest/globals';
import { startApp } from '../support/app.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';

const WHY = 'Withings answers this site only so many times a minute';
const troubles = (text: string) => text.match(/<div class="card trouble">/g) ?? [];

test('whoever waits is told why and until when, once', async () => {
  const app = await startApp({ WITHINGS_CALLS_PER_MINUTE: '10' });
  const [first, second] = [visit(app), visit(app)];
  await first.connect();
  await first.get('/dashboard');
  await second.connect('/connect?mode=demo');
  const { text } = await second.get('/dashboard');
  expect(text.split(WHY)).toHaveLength(2);
  expect(text).toMatch(/Your turn is at about 12:0\d: this page renews itself then\./);
  const [, turn] = /http-equiv="refresh" content="(\d+)"/.exec(text) ?? [];
  expect(Number(turn)).toBeGreaterThan(0); // without a script; the script goes by the same
  expect(text).toContain(`data-again="${turn}"`);
  expect(troubles(text)).toHaveLength(0);
});

test('what is known is shown with its time, and what is missing for the same reason is only named', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  await sandboxOf(app).fault('http-500', { on: 'getactivity', times: 0 });
  await visitor.get('/dashboard');
  await sandboxOf(app).fault('http-500', { times: 0 });
  app.clock.now += 600_000;
  const { text } = await visitor.get('/dashboard');
  expect(text).toMatch(/As of <time[^>]*>[^<]+<\/time>\. Withings cannot be reached\./);
  expect(troubles(text)).toHaveLength(1);
  expect(text).toContain('<strong>Missing: steps.</strong>');
});
