import { expect, test } from '@jest/globals';
import request from 'supertest';
import { activated, contractWith, KEY, partnerOf } from '../support/partner.ts';
import type { TokenPair } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { tapWire } from '../support/wire-tap.ts';
import { startFarApart } from '../support/withings.ts';

/** The app signs, and every byte between it and Withings is written down. */
async function startSigning(env: Record<string, string> = {}, lag = { ms: 0 }) {
  const { app, withings } = await startFarApart({ WITHINGS_AUTH: 'signature', ...env }, '127.0.0.1', lag);
  const tap = await tapWire(withings.url);
  const signing = await app.restart({ WITHINGS_API_URL: tap.url });
  const control = request(withings.url);
  const state = async () => (await control.get('/control/state')).body;
  return { app: signing, tap, control, state };
}

test('connect, look, refresh, disconnect: the secret is on no wire', async () => {
  const { app, tap, state } = await startSigning();
  const visitor = visit(app);
  expect((await visitor.connect()).headers.location).toBe('/dashboard');
  expect((await visitor.get('/dashboard')).text).toContain('Connected');
  app.clock.now += 60_000;
  expect((await visitor.post('/refresh')).status).toBe(303);
  expect((await visitor.json('/api/connection')).body).toMatchObject({
    state: 'connected',
    lastRefresh: { outcome: 'refreshed' },
  });
  expect((await visitor.post('/disconnect')).status).toBe(303);

  const wire = tap.heard();
  expect(wire).toContain('signature=');
  expect(wire).toContain('action=revoke');
  expect(wire).not.toContain('far-secret');
  expect(wire).not.toContain('client_secret');
  const { pairs } = (await state()).users[0].grants[0];
  expect(pairs.map(({ refreshState }: TokenPair) => refreshState)).toEqual(['dead', 'dead']);
});

test('what a partner, notifications and the demo ask for: the secret is on no wire either', async () => {
  const { app, tap, control } = await startSigning({ PARTNER_API_KEY: KEY, WEBHOOKS: 'on' });
  const contract = contractWith(app);
  const { body } = await partnerOf(app).post('', { code: await activated(contract) });
  await until(async () => {
    const { counters } = (await control.get('/control/state')).body;
    return counters['notify subscribe']?.ok === 6;
  });
  expect((await contract.recover(body.userId)).ok).toBe(true);
  expect((await contract.demoAccess(['user.metrics'])).ok).toBe(true);

  const wire = tap.heard();
  for (const action of ['activate', 'recoverauthorizationcode', 'getdemoaccess', 'subscribe']) {
    expect(wire).toContain(`action=${action}`);
  }
  expect(wire).not.toContain('far-secret');
  expect(wire).not.toContain('client_secret');
});

test('after an answer that never came the next call signs a new nonce', async () => {
  const { app, tap, control } = await startSigning({ WITHINGS_TIMEOUT_MS: '1500' });
  const visitor = visit(app);
  await visitor.connect();
  await control.post('/control/faults').send({ name: 'late', times: 1 });
  app.clock.now += 3 * 3_600_000;
  await visitor.json('/api/measures');
  app.clock.now += 60_000;
  expect((await visitor.json('/api/measures')).status).toBe(200);

  const sent = [...tap.heard().matchAll(/[?&]nonce=(\w+)|(?<![\w"])nonce=(\w+)/g)].map(([, a, b]) => a ?? b);
  expect(sent.length).toBeGreaterThan(2);
  expect(new Set(sent).size).toBe(sent.length);
});

test('a clock that is wrong is named, and nobody is disconnected', async () => {
  const lag = { ms: 0 };
  const { app } = await startSigning({}, lag);
  const visitor = visit(app);
  await visitor.connect();
  lag.ms = 3_600_000;
  app.clock.now += 3 * 3_600_000;
  const answer = await visitor.json('/api/measures');
  expect(answer.status).toBe(503);
  expect(answer.body.problem).toMatchObject({
    code: 'clock-wrong',
    advice: expect.stringContaining('clock'),
  });
  expect((await visitor.json('/api/connection')).body.state).toBe('degraded');
  expect(app.logs()).toContain('clock-wrong');
  lag.ms = 0;
  app.clock.now += 60_000;
  expect((await visitor.json('/api/measures')).status).toBe(200);
});
