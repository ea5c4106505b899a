import { expect, test } from '@jest/globals';
import { startApp } from '../support/app.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

const FORMATS = ['/api/measures', '/api/measures.csv'];

test.each([
  ['http-500', 'withings-unreachable'],
  ['reset', 'withings-unreachable'],
  ['lose-reply', 'withings-unreachable'],
  ['html', 'withings-unreadable'],
  ['truncated', 'withings-unreadable'],
  ['status-601', 'withings-busy'],
  ['status-522', 'withings-timeout'],
  ['status-2554', 'withings-refused'],
])('measures, and Withings answers with %s: 503, when to ask again, and the code %s', async (fault, code) => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  await sandboxOf(app).fault(fault, { on: 'getmeas', times: 0 });
  for (const path of FORMATS) {
    const { status, headers, body } = await visitor.json(path);
    expect([status, body.problem.code]).toEqual([503, code]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  }
});

test('a client that Withings refuses is 503: nobody is disconnected by it', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  const withings = sandboxOf(app);
  await withings.fault('wrong-secret', { on: 'requesttoken', times: 0 });
  app.clock.now += 3 * 3_600_000;
  const { status, headers, body } = await visitor.json('/api/measures');
  expect([status, body.problem.code]).toEqual([503, 'client-refused']);
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  expect((await visitor.json('/api/connection')).body.state).toBe('degraded');
});

test('nothing where measures should be is 503 too', async () => {
  const { app, withings } = await startFarApart();
  const visitor = visit(app);
  await visitor.connect();
  withings.say('getmeas', null);
  for (const path of FORMATS) {
    const { status, headers, body } = await visitor.json(path);
    expect([status, body.problem.code]).toEqual([503, 'withings-unreadable']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  }
});
