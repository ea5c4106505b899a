import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { deriveKeys } from '../../src/store/keys.ts';
import { startApp } from '../support/app.ts';
import { activated, startDoor } from '../support/partner.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

const OLD = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
const NEW = 'Zq8Wn3RvTb6Yx1Kc5Lm9Pd2Sg7Hf4JeA';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

async function startSubscribed(env: Record<string, string> = {}) {
  const app = await startApp({ WEBHOOKS: 'on', SESSION_SECRET: OLD, ...env });
  const visitor = visit(app);
  await visitor.connect();
  await app.sweep();
  const { userId } = (await visitor.json('/api/connection')).body;
  return { app, visitor, userId, sandbox: sandboxOf(app) };
}

describe('whoever disconnects is unsubscribed, though Withings refuses to revoke', () => {
  test('also when the access token died hours ago', async () => {
    const { app, visitor, sandbox } = await startSubscribed();
    expect(await sandbox.subscriptions()).toHaveLength(6);
    app.clock.now += 4 * HOUR;
    await sandbox.fault('http-500', { times: 1, on: 'revoke' });
    await visitor.post('/disconnect');
    expect(await sandbox.subscriptions()).toEqual([]);
    expect((await visitor.json('/api/connection')).body.state).toBe('not-connected');
  });

  test('also at the address of an older secret', async () => {
    const { app, visitor, sandbox } = await startSubscribed();
    await app.restart({ SESSION_SECRET: `${NEW},${OLD}` });
    expect((await sandbox.subscriptions())[0]?.callbackUrl).toContain(deriveKeys([OLD]).webhook[0]);
    await sandbox.fault('http-500', { times: 1, on: 'revoke' });
    await visitor.post('/disconnect');
    expect(await sandbox.subscriptions()).toEqual([]);
  });

  test('what does not lead here is left alone', async () => {
    const { app, partner, contract, withings } = await startDoor({ WEBHOOKS: 'on' });
    const { body } = await partner.post('', { code: await activated(contract) });
    const control = request(withings.url);
    const calls = async (endpoint: string) =>
      (await control.get('/control/state')).body.counters[endpoint]?.ok ?? 0;
    await until(async () => (await calls('notify subscribe')) === 6);
    const token = (await partner.post(`/${body.connectionId}/access-token`)).body.accessToken;
    await contract.subscribe(token, { appli: 1, callbackUrl: `${app.url}/` });
    app.clock.now += 11_000;
    await control.post('/control/faults').send({ name: 'http-500', times: 1, on: 'revoke' });
    expect((await partner.delete(`/${body.connectionId}`)).body.revoked).toBe(false);
    expect(await calls('notify revoke')).toBe(6);
  });
});

describe('one look', () => {
  test('connecting again while it lasts makes another one due at once', async () => {
    const { app, withings } = await startFarApart({ WEBHOOKS: 'on' });
    const control = request(withings.url);
    await control.post('/control/faults').send({ name: 'partial-scope', times: 1 });
    const visitor = visit(app);
    const door = withings.hold('/notify');
    await visitor.connect();
    await door.arrived;
    app.clock.now += 12_000;
    await visitor.connect(); // with every scope this time
    door.open();
    await app.sweep(); // the look under way, and the one that Withings finds too soon
    await app.sweep();
    app.clock.now += 16_000;
    await app.sweep();
    const { counters } = (await control.get('/control/state')).body;
    expect(counters['notify subscribe']).toEqual({ ok: 6 });
  });

  test('an address that Withings cannot reach is said to be that', async () => {
    const { app } = await startFarApart({ WEBHOOKS: 'on', PUBLIC_URL: 'http://127.0.0.1:9' });
    const visitor = visit(app);
    const { pathname, search } = new URL(await visitor.consent(await visitor.begin(), 'Allow'));
    expect((await visitor.get(pathname + search)).status).toBe(303);
    await app.sweep();
    const page = (await visitor.get('/dashboard')).text;
    expect(page).toContain('Withings cannot reach this site to tell it of news');
  });

  test('what was missed is asked for until an answer comes', async () => {
    const { app, visitor, userId, sandbox } = await startSubscribed({ WITHINGS_SCOPE: 'user.metrics' });
    await sandbox.unsubscribe(userId);
    app.clock.now += HOUR;
    await sandbox.weigh(userId);
    app.clock.now += 24 * HOUR;
    await sandbox.fault('status-522', { times: 0, on: 'getmeas' });
    await app.sweep();
    await sandbox.clearFaults();
    expect((await visitor.get('/dashboard')).text).not.toContain(', last <time');
    app.clock.now += 6 * MINUTE;
    await app.sweep();
    expect((await visitor.get('/dashboard')).text).toContain(', last <time');
  });

  test('whose connection has ended is asked about by nobody', async () => {
    const { app, visitor, sandbox } = await startSubscribed();
    app.clock.now += 4 * HOUR;
    await sandbox.fault('refuse-refresh', { times: 2 });
    await visitor.json('/api/measures');
    expect((await visitor.json('/api/connection')).body.state).toBe('needs-reconnect');
    const before = (await sandbox.state()).counters;
    app.clock.now += 25 * HOUR;
    await app.sweep();
    await app.settled();
    expect((await sandbox.state()).counters).toEqual(before);
  });
});
