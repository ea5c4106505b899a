import https from 'node:https';
import { connect } from 'node:net';
import { afterEach, expect, jest, test } from '@jest/globals';
import request from 'supertest';
import type { TestApp } from '../support/app.ts';
import { openEvents } from '../support/event-stream.ts';
import { activated, startDoor } from '../support/partner.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

afterEach(() => void jest.restoreAllMocks());

/** The app with nothing but `WITHINGS_CLOUD=us`; what it sends to any host arrives at the sandbox, by host. */
async function startInUs() {
  const { app, withings } = await startFarApart();
  const hosts = new Set<string>();
  jest.spyOn(https.Agent.prototype, 'createConnection').mockImplementation((options) => {
    const { host, port } = options as { host: string; port: number };
    hosts.add(`${host}:${port}`);
    return connect(Number(new URL(withings.url).port), '127.0.0.1');
  });
  const us = await app.restart({ WITHINGS_CLOUD: 'us', WITHINGS_AUTHORIZE_URL: '', WITHINGS_API_URL: '' });
  return { app: us, withings, hosts };
}

/** Through a browser for which Withings' accounts live at the sandbox. */
async function connectThere(app: TestApp, sandboxUrl: string) {
  const visitor = visit(app);
  const authorize = await visitor.begin();
  expect(authorize.origin + authorize.pathname).toBe(
    'https://account.us.withingsmed.com/oauth2_user/authorize2',
  );
  const there = new URL(authorize.pathname + authorize.search, sandboxUrl);
  const callback = await visitor.consent(there, 'Allow');
  expect((await visitor.get(callback)).headers.location).toBe('/dashboard');
  return visitor;
}

test('one setting moves every call to the hosts in the United States', async () => {
  const { app, withings, hosts } = await startInUs();
  const visitor = await connectThere(app, withings.url);
  expect((await visitor.get('/dashboard')).text).toContain('Connected');
  app.clock.now += 3 * 3_600_000;
  expect((await visitor.json('/api/measures')).status).toBe(200);
  const receipt = await visitor.post('/disconnect').then(() => visitor.get('/'));
  expect(receipt.text).toContain('Disconnected');
  expect([...hosts]).toEqual(['wbsapi.us.withingsmed.net:443']);
});

test('"connect another account" logs out there', async () => {
  const { app } = await startInUs();
  const url = await visit(app).begin('/connect?account=other');
  expect(url.origin + url.pathname).toBe('https://account.us.withingsmed.com/logout');
});

test('an attempt of one cloud is nothing in the other', async () => {
  const { app, withings } = await startFarApart();
  const visitor = visit(app);
  const callback = await visitor.consent(await visitor.begin(), 'Allow');
  const us = await app.restart({ WITHINGS_CLOUD: 'us' });
  const answer = await visitor.get(callback);
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('We do not know this attempt');
  const { counters } = (await request(withings.url).get('/control/state')).body;
  expect(counters['requesttoken authorization_code']).toBeUndefined();
  expect(us.logs()).toContain('attempt-unknown');
});

test('a grant of one cloud is shown to no host of the other, and lives when the setting is put back', async () => {
  const { app, withings } = await startFarApart();
  const visitor = visit(app);
  await visitor.connect();
  const us = await app.restart({ WITHINGS_CLOUD: 'us' });
  const before = (await request(withings.url).get('/control/state')).body.counters;
  expect((await visitor.json('/api/measures')).body.problem.code).toBe('other-cloud');
  us.clock.now += 4 * 3_600_000;
  const answer = await visitor.json('/api/measures');
  expect(answer.status).toBe(503);
  expect(answer.body.problem.code).toBe('other-cloud');
  expect((await visitor.json('/api/connection')).body).toMatchObject({
    state: 'degraded',
    problem: { code: 'other-cloud' },
  });
  const events = await openEvents(us, visitor.cookies());
  expect(await events.next()).toMatchObject({ state: 'degraded', problem: { code: 'other-cloud' } });
  events.close();
  const page = (await visitor.get('/dashboard')).text;
  expect(page).toContain('<h1 id="status">Your connection belongs to the other Withings cloud');
  expect(page).not.toContain('We keep trying');
  expect(page).not.toContain('Refresh now');
  await visitor.post('/refresh');
  await us.sweep();
  expect((await request(withings.url).get('/control/state')).body.counters).toEqual(before);
  await us.restart({ WITHINGS_CLOUD: 'eu' });
  expect((await visitor.json('/api/measures')).status).toBe(200);
});

test('leaving there erases here and says nothing to the other cloud, where the same id may be somebody else', async () => {
  const { app, withings } = await startFarApart();
  const visitor = visit(app);
  await visitor.connect();
  await app.restart({ WITHINGS_CLOUD: 'us' });
  await visitor.post('/disconnect');
  expect((await visitor.get('/dashboard')).headers.location).toBe('/');
  const receipt = (await visitor.get('/')).text;
  expect(receipt).toContain('the other Withings cloud');
  expect(receipt).not.toContain('disconnect_partner'); // there it would be somebody else's page
  const { counters } = (await request(withings.url).get('/control/state')).body;
  expect(counters.revoke).toBeUndefined();
});

test('a partner is told the same: not connected as it was, and no page of the wrong cloud', async () => {
  const { app, partner, contract } = await startDoor();
  const { body } = await partner.post('', { code: await activated(contract) });
  const path = `/${body.connectionId}`;
  await app.restart({ WITHINGS_CLOUD: 'us' });
  expect((await partner.get(path)).body).toMatchObject({
    state: 'degraded',
    problem: { code: 'other-cloud' },
  });
  expect((await partner.post(`${path}/access-token`)).body.problem.code).toBe('other-cloud');
  expect((await partner.delete(path)).body).toEqual({ revoked: false, removalPage: null });
});
