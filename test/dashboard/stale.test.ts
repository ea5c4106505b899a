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

test('whoever connects again at once is told when Withings answers the same questions again, and the page comes back then', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  await visitor.get('/dashboard');
  await visitor.post('/disconnect');
  app.clock.now += 2000; // measures are asked for until this moment, which is another question
  await visitor.connect();
  const { text } = await visitor.get('/dashboard');
  expect(text).toContain('<title>Connected – ');
  expect(text).toContain('Your turn is at about 00:00: this page renews itself then.');
  expect(text).toContain('data-again="9"');
  expect(troubles(text)).toHaveLength(1);
  const calls = await sandboxOf(app).calls('getactivity');
  app.clock.now += 5000;
  expect((await visitor.get('/dashboard')).text).toContain('data-again="4"');
  expect(await sandboxOf(app).calls('getactivity')).toBe(calls); // a repeat would make it longer
  app.clock.now += 4000;
  const after = (await visitor.get('/dashboard')).text;
  expect(after).not.toContain('data-again');
  expect(troubles(after)).toHaveLength(0);
});
