import { expect, test } from '@jest/globals';
import { startApp } from '../support/app.ts';
import { REFRESH, sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';

test('"Refresh now" asks Withings once a minute, and says when it last did', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  await visitor.post('/refresh');
  expect((await visitor.get('/dashboard')).text).toContain('Refreshed: Withings gave new tokens.');
  expect((await visitor.get('/dashboard')).text).not.toContain('Refreshed: Withings'); // it is said once

  for (let second = 1; second < 60; second += 1) {
    app.clock.now += 1000;
    expect((await visitor.post('/refresh')).status).toBe(303);
  }
  expect((await visitor.get('/dashboard')).text).toContain('The last refresh was 59 s ago.');
  expect(await sandboxOf(app).calls(REFRESH)).toBe(1);
  app.clock.now += 1000;
  await visitor.post('/refresh');
  expect(await sandboxOf(app).calls(REFRESH)).toBe(2);
});

test('all visitors of the demo have one press a minute together', async () => {
  const app = await startApp();
  const visitors = [visit(app), visit(app), visit(app)];
  for (const visitor of visitors) await visitor.connect('/connect?mode=demo');
  for (const visitor of visitors) await visitor.post('/refresh');
  expect(await sandboxOf(app).calls(REFRESH)).toBe(1);
});

test('what Withings refused is said', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  await sandboxOf(app).fault('http-500', { on: 'requesttoken' });
  await visitor.post('/refresh');
  expect((await visitor.get('/dashboard')).text).toContain('Withings cannot be reached.');
});

test('"Test the connection" asks once a minute, and shows everybody else what came of it', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  const calls = () => sandboxOf(app).calls('getmeas');
  const before = await calls();
  expect((await visitor.post('/check')).text).toContain('(just now)');
  for (let second = 1; second < 60; second += 1) {
    app.clock.now += 1000;
    await visitor.post('/check');
  }
  expect((await visitor.post('/check')).text).toContain('(59 s ago)');
  expect((await calls()) - before).toBe(1);
  app.clock.now += 1000;
  await visitor.post('/check');
  expect((await calls()) - before).toBe(2);
});
