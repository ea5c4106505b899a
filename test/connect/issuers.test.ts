import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import type { TestApp } from '../support/app.ts';
import { activated, startDoor } from '../support/partner.ts';
import { visit } from '../support/visitor.ts';
import { type FarWithings, startFarApart } from '../support/withings.ts';

const counters = async ({ url }: FarWithings) => (await request(url).get('/control/state')).body.counters;

/** As compose.yaml does it: a sandbox in a container of its own, then real credentials on the same store. */
const asSandbox = { WITHINGS_ISSUER: '' };
const goLive = (app: TestApp) => app.restart({ WITHINGS_ISSUER: 'eu' });

test("after going live a sandbox session does not open a real person's data, though the user id is the same", async () => {
  const { app, withings } = await startFarApart(asSandbox);
  const invented = visit(app);
  await invented.connect();
  const { userId } = (await invented.json('/api/connection')).body;

  await goLive(app);
  const real = visit(app);
  await real.connect();
  expect((await real.json('/api/connection')).body).toMatchObject({ state: 'connected', userId });
  const before = await counters(withings);
  expect((await invented.json('/api/connection')).body.state).toBe('not-connected');
  expect((await invented.json('/api/measures')).status).toBe(401);
  expect((await invented.get('/dashboard')).headers.location).toBe('/');
  await invented.post('/disconnect');
  await invented.post('/refresh');
  expect(await counters(withings)).toEqual(before);
  expect((await real.json('/api/measures')).status).toBe(200);
});

describe.each([
  ['another address', asSandbox],
  ['the other cloud', { WITHINGS_ISSUER: 'us' }],
])('under %s', (_what, other) => {
  test('nobody is connected and nothing is asked; all is as it was when the setting is put back', async () => {
    const { app, withings } = await startFarApart();
    const visitor = visit(app);
    await visitor.connect();
    const there = await app.restart(other);
    const before = await counters(withings);
    there.clock.now += 4 * 3_600_000;
    expect((await visitor.json('/api/measures')).body.problem.code).toBe('not-connected');
    await visitor.post('/refresh');
    await there.sweep();
    expect(await counters(withings)).toEqual(before);
    await there.restart({ WITHINGS_ISSUER: 'eu' });
    expect((await visitor.json('/api/measures')).status).toBe(200);
  });

  test('a partner finds nothing, and neither does a hand-off link', async () => {
    const { app, partner, contract } = await startDoor();
    const { body } = await partner.post('', { code: await activated(contract) });
    const there = await app.restart(other);
    expect((await partner.get(`/${body.connectionId}`)).body.problem.code).toBe('connection-unknown');
    expect((await visit(app).post(new URL(body.handoffUrl).pathname)).status).toBe(410);
    await goLive(there);
    expect((await partner.get(`/${body.connectionId}`)).body.state).toBe('connected');
    expect((await visit(app).post(new URL(body.handoffUrl).pathname)).status).toBe(303); // nothing was spent
  });

  test('an attempt is not known', async () => {
    const { app, withings } = await startFarApart();
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    const us = await app.restart(other);
    const answer = await visitor.get(callback);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('We do not know this attempt');
    const { counters } = (await request(withings.url).get('/control/state')).body;
    expect(counters['requesttoken authorization_code']).toBeUndefined();
    expect(us.logs()).toContain('attempt-unknown');
  });
});

test('with real credentials a line at the start says that the application is this installation’s alone', async () => {
  const { app } = await startFarApart(asSandbox);
  expect(app.logs()).not.toContain('revokes by application and user');
  expect((await goLive(app)).logs()).toContain('revokes by application and user');
});

test('a partner has a name for each of two people with one user id', async () => {
  const { app, partner, contract } = await startDoor(asSandbox);
  const ada = (await partner.post('', { code: await activated(contract) })).body;
  expect(ada.connectionId).toMatch(/^http-127\.0\.0\.1-\d+-\d+$/);
  expect((await partner.get(`/${ada.connectionId}`)).body.state).toBe('connected');
  await goLive(app);
  const user = { email: 'bob@example.com' };
  const bob = (await partner.post('', { code: await activated(contract, user) })).body;
  expect(bob.connectionId).toBe(`eu-${bob.userId}`);
});
