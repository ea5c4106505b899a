import { afterEach, beforeEach, expect, test } from '@jest/globals';
import request from 'supertest';
import { openSandboxDatabase } from '../../src/sandbox/database.ts';
import { Subscriptions } from '../../src/sandbox/notify/subscriptions.ts';
import { tempDir } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { startReceiver } from './receiver.ts';
import { buildTown, client, MAREN, refusal, TOMAS } from './town.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const ALL = 'user.info,user.metrics,user.activity,user.sleepevents';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let ends: (() => void)[] = [];

beforeEach(async () => {
  receiver = await startReceiver();
  ends = [receiver.close];
});
afterEach(() => {
  for (const end of ends) end();
});

/** A connected person whose app may be called at the receiver. */
async function subscribed(applis: number[], who = MAREN, options: Parameters<typeof buildTown>[0] = {}) {
  const own = { ...client, redirectUris: [...client.redirectUris, `${receiver.url}/callback`] };
  const town = buildTown({ clients: [own], ...options });
  ends.push(() => town.sandbox.close());
  const tokens = await town.connect(who, { scope: ALL });
  const callbackurl = `${receiver.url}/hook?foo=bar`;
  const notify = (action: string, fields: Record<string, string> = {}) =>
    town.data(tokens.access_token, '/notify', action, { callbackurl, ...fields });
  for (const appli of applis) {
    expect(await notify('subscribe', { appli: String(appli), comment: 'ours' })).toEqual({
      status: 0,
      body: {},
    });
  }
  const weigh = () => request(town.app).post(`/control/users/${who}/weigh`);
  const unlink = () => request(town.app).post(`/control/users/${who}/unlink`);
  return { ...town, tokens, callbackurl, notify, weigh, unlink };
}

test('a step on the scale is told by an unsigned form, with the query of the callback URL kept', async () => {
  const { weigh } = await subscribed([1]);
  const { measuregrp } = (await weigh()).body;
  expect(await receiver.next()).toEqual({
    method: 'POST',
    path: '/hook?foo=bar',
    contentType: expect.stringMatching(/^application\/x-www-form-urlencoded/),
    form: {
      userid: String(MAREN),
      appli: '1',
      startdate: String(measuregrp.date),
      enddate: String(measuregrp.date + 1),
    },
  });
});

test.each([
  [1, MAREN],
  [2, TOMAS],
  [4, MAREN],
  [16, MAREN],
  [44, MAREN],
  [54, TOMAS],
])('what the day brings of category %s is told once, and lies in the span told', async (appli, who) => {
  const { advance, tokens, refresh, data, notify, clock } = await subscribed([appli], who);
  const start = clock.now / 1000;
  await advance(14 * DAY);
  const { form } = await receiver.next();
  expect(form).toMatchObject({ userid: String(who), appli: String(appli) });
  expect(Number(form.startdate)).toBeGreaterThan(start - DAY);
  expect(Number(form.enddate)).toBeLessThanOrEqual(start + 14 * DAY + 2);
  const { access_token } = (await refresh(tokens.refresh_token)).body.body;
  const range = { startdate: String(form.startdate), enddate: String(form.enddate) };
  const found = {
    1: () => data(access_token, '/measure', 'getmeas', { ...range, meastypes: '1' }),
    2: () => data(access_token, '/measure', 'getmeas', { ...range, meastypes: '71' }),
    4: () => data(access_token, '/measure', 'getmeas', { ...range, meastypes: '10' }),
    16: () => data(access_token, '/v2/measure', 'getintradayactivity', range),
    44: () => data(access_token, '/v2/sleep', 'get', range),
    54: () => data(access_token, '/v2/heart', 'list', range),
  }[appli];
  const { body } = await (found as () => Promise<{ body: { measuregrps?: object; series?: object } }>)();
  expect(Object.keys(body.measuregrps ?? body.series ?? {}).length).toBeGreaterThan(0);
  await advance(1);
  await notify('list');
  expect(receiver.got).toEqual([]);
});

test('who removes the app is told of to those who asked, and then nobody is subscribed', async () => {
  const { unlink, connect, data, callbackurl } = await subscribed([1, 46]);
  await unlink();
  expect((await receiver.next()).form).toEqual({ userid: String(MAREN), appli: '46', action: 'unlink' });
  const { access_token } = await connect(MAREN, { scope: ALL });
  expect((await data(access_token, '/notify', 'list', { callbackurl })).body).toEqual({ profiles: [] });
});

test('a demo user is unlinked by the clock after one day, and that is told', async () => {
  const own = { ...client, redirectUris: [...client.redirectUris, `${receiver.url}/callback`] };
  const { connect, data, advance, sandbox } = buildTown({ clients: [own] });
  ends.push(() => sandbox.close());
  const { access_token, userid } = await connect(MAREN, { mode: 'demo', scope: ALL });
  const fields = { callbackurl: `${receiver.url}/hook`, appli: '46' };
  expect((await data(access_token, '/notify', 'subscribe', fields)).status).toBe(0);
  await advance(DAY);
  expect((await receiver.next()).form).toEqual({ userid: String(userid), appli: '46', action: 'unlink' });
});

test('revoke ends the subscriptions without a word', async () => {
  const { notify, weigh } = await subscribed([1, 4]);
  expect(await notify('revoke', { appli: '1' })).toEqual({ status: 0, body: {} });
  expect((await notify('list')).body.profiles.map(({ appli }: { appli: number }) => appli)).toEqual([4]);
  await weigh();
  expect(await notify('revoke')).toEqual({ status: 0, body: {} });
  expect(JSON.stringify(await notify('revoke'))).toBe(refusal(286, 'No such subscription was found'));
  expect(receiver.got).toEqual([]);
});

test('refused ones come again: five rounds of two, after 10 s, a minute, an hour, four hours', async () => {
  const { weigh, advance } = await subscribed([1]);
  receiver.status.post = 500;
  await weigh();
  const first = await receiver.next();
  expect(await receiver.next()).toEqual(first);
  for (const pause of [10, 60, HOUR, 4 * HOUR]) {
    await advance(pause - 1);
    expect(receiver.got.filter(({ form }) => form.startdate === first.form.startdate)).toEqual([]);
    await advance(1);
    expect(await receiver.next()).toEqual(first);
    expect(await receiver.next()).toEqual(first);
  }
  await advance(9 * DAY);
  const next = await receiver.next();
  expect(next.form.startdate).not.toBe(first.form.startdate);
});

test('one that comes through on the second attempt is not sent again', async () => {
  const { weigh, advance } = await subscribed([46, 1]);
  receiver.status.post = 503;
  const sent = weigh();
  await sent;
  await receiver.next();
  receiver.status.post = 302;
  await receiver.next();
  await advance(20);
  await advance(100);
  expect(receiver.got).toEqual([]);
});

test('after twenty days without success the subscription is over', async () => {
  const { weigh, advance, connect, data } = await subscribed([46, 1]);
  receiver.status.post = 500;
  await weigh();
  await receiver.next();
  await receiver.next();
  await advance(21 * DAY);
  for (let sent = 0; sent < 4; sent += 1) await receiver.next();
  const { access_token } = await connect(MAREN, { scope: ALL });
  const { profiles } = (await data(access_token, '/notify', 'list')).body;
  expect(profiles.map(({ appli }: { appli: number }) => appli)).toEqual([46]);
});

test('what could not be delivered outlives a restart', async () => {
  const dataDir = tempDir();
  const { weigh, sandbox, clock } = await subscribed([1], MAREN, { dataDir });
  receiver.status.post = 500;
  await weigh();
  const first = await receiver.next();
  await receiver.next();
  sandbox.close();
  receiver.status.post = 200;
  const again = buildTown({ dataDir });
  ends.push(() => again.sandbox.close());
  again.clock.now = clock.now + 1000;
  await again.advance(10);
  expect(await receiver.next()).toEqual(first);
});

test('the state lists who is subscribed; a control ends it as Withings does, and nobody is notified', async () => {
  const { app, state, callbackurl, weigh } = await subscribed([1, 46]);
  const subscriptions = async () => {
    const { users } = await state();
    return users.find(({ userId }: { userId: number }) => userId === MAREN).subscriptions;
  };
  const known = { clientId: client.id, callbackUrl: callbackurl, comment: 'ours', failingSince: null };
  expect(await subscriptions()).toEqual([
    { appli: 1, ...known },
    { appli: 46, ...known },
  ]);
  receiver.status.post = 500;
  await weigh();
  await receiver.next();
  await receiver.next();
  await until(async () => (await subscriptions())[0].failingSince === '2026-01-15T09:00:00.000Z');
  await request(app).post(`/control/users/${MAREN}/unsubscribe`).expect(200);
  expect(await subscriptions()).toEqual([]);
  await request(app).post('/control/users/1/unsubscribe').expect(404);
  expect(receiver.got).toEqual([]);
});

test('get, list, update', async () => {
  const { notify, callbackurl } = await subscribed([1, 4]);
  expect((await notify('get')).body).toEqual({ appli: 1, callbackurl, comment: 'ours' });
  expect((await notify('get', { appli: '4' })).body.appli).toBe(4);
  expect((await notify('get', { appli: '44' })).status).toBe(286);
  expect((await notify('list', { appli: '4' })).body).toEqual({
    profiles: [{ appli: 4, callbackurl, expires: 2147483647, comment: 'ours' }],
  });
  const moved = `${receiver.url}/other`;
  const changes = { appli: '4', new_callbackurl: moved, new_appli: '44', comment: 'nights' };
  expect(await notify('update', changes)).toEqual({ status: 0, body: {} });
  expect((await notify('list', { appli: '44' })).body.profiles).toEqual([
    { appli: 44, callbackurl: moved, expires: 2147483647, comment: 'nights' },
  ]);
  expect((await notify('update', { appli: '4' })).status).toBe(286);
  expect((await notify('update', { appli: '1', new_callbackurl: 'http://elsewhere.example/' })).status).toBe(
    293,
  );
  expect((await notify('update', { appli: '1', new_appli: '999' })).status).toBe(503);
});

test.each([
  ['absent', ''],
  ['not a URL', 'nonsense'],
  ['of another origin', 'http://127.0.0.1:1/hook'],
  ['too long', `LONG${'x'.repeat(256)}`],
])('a callback URL that is %s is refused', async (_what, url) => {
  const { notify } = await subscribed([]);
  const callbackurl = url.replace('LONG', `${receiver.url}/`);
  const answer = await notify('subscribe', { appli: '1', callbackurl });
  expect(JSON.stringify(answer)).toBe(refusal(293, 'The callback URL is either absent or incorrect'));
});

test('a callback URL that would answer, but is on no origin of this client, is refused', async () => {
  const stranger = await startReceiver();
  ends.push(stranger.close);
  const { notify } = await subscribed([]);
  const callbackurl = `${stranger.url}/hook`;
  expect((await notify('subscribe', { appli: '1', callbackurl })).status).toBe(293);
});

test.each([405, 500, 301])('a HEAD answered with %s is refused', async (status) => {
  const { notify } = await subscribed([]);
  receiver.status.head = status;
  expect((await notify('subscribe', { appli: '1' })).status).toBe(293);
  receiver.close();
  expect((await notify('subscribe', { appli: '1' })).status).toBe(293);
});

test('each category needs its scope', async () => {
  const { connect, data, callbackurl, notify } = await subscribed([1, 4, 16, 44, 46, 50, 51, 52, 54]);
  expect((await notify('subscribe', { appli: '53' })).error).toBe('Invalid Params: invalid appli');
  expect((await notify('subscribe', { appli: 'x' })).error).toBe('Invalid Params: invalid appli');
  const { access_token } = await connect(MAREN, { scope: 'user.info' });
  for (const appli of ['1', '4', '16', '44', '50', '54']) {
    const answer = await data(access_token, '/notify', 'subscribe', { callbackurl, appli });
    expect(JSON.stringify(answer)).toBe(refusal(2553, 'Insufficient_scope'));
  }
});

test('nobody sees or touches the subscriptions of another person', async () => {
  const { connect, data, callbackurl, weigh } = await subscribed([1]);
  const { access_token } = await connect(TOMAS, { scope: ALL });
  expect((await data(access_token, '/notify', 'list')).body).toEqual({ profiles: [] });
  expect((await data(access_token, '/notify', 'revoke', { callbackurl })).status).toBe(286);
  expect((await data(access_token, '/notify', 'subscribe', { callbackurl, appli: '1' })).status).toBe(0);
  for (let twice = 0; twice < 2; twice += 1) {
    await weigh();
    expect((await receiver.next()).form.userid).toBe(String(MAREN));
  }
});

test('nothing is told before it has happened', async () => {
  const { advance, weigh } = await subscribed([1]);
  await advance(5 * HOUR);
  const { measuregrp } = (await weigh()).body;
  expect((await receiver.next()).form.startdate).toBe(String(measuregrp.date));
  await advance(18 * HOUR);
  expect(Number((await receiver.next()).form.startdate)).toBeGreaterThan(measuregrp.date);
});

test('one success, and the twenty days begin anew', async () => {
  const { weigh, advance, connect, data } = await subscribed([46, 4]);
  const fail = async () => {
    receiver.status.post = 500;
    await advance(21 * DAY);
    await receiver.next();
    await receiver.next();
  };
  await fail();
  receiver.status.post = 200;
  await advance(60);
  await receiver.next();
  await fail();
  receiver.got.length = 0;
  await weigh();
  const { access_token } = await connect(MAREN, { scope: ALL });
  expect((await data(access_token, '/notify', 'list')).body.profiles).toHaveLength(2);
});

test('no more than a thousand wait to be delivered', async () => {
  const world = { reachable: false, posts: 0 };
  const fetch = async (_url: unknown, { method }: RequestInit = {}) => {
    if (method === 'HEAD') return new Response();
    if (!world.reachable) throw new Error('unreachable');
    world.posts += 1;
    return new Response();
  };
  const { notify, weigh, advance } = await subscribed([], MAREN, { fetch });
  for (let n = 0; n < 60; n += 1) {
    await notify('subscribe', { appli: '1', callbackurl: `${receiver.url}/hook/${n}` });
  }
  for (let n = 0; n < 18; n += 1) await weigh();
  world.reachable = true;
  await advance(10);
  await weigh();
  const before = await settled();
  expect(before).toBeGreaterThan(900);
  expect(before).toBeLessThanOrEqual(1060);

  /** When a round of asking brings no more. */
  async function settled(): Promise<number> {
    for (let seen = -1; seen !== world.posts; ) {
      seen = world.posts;
      await notify('list');
      await notify('list');
    }
    return world.posts;
  }
});

test('all people together make five thousand and no more', async () => {
  const dataDir = tempDir();
  const db = openSandboxDatabase(dataDir);
  const others = new Subscriptions(db, () => Date.UTC(2026, 0, 15, 9));
  const owner = { user_id: TOMAS, client_id: 'other' };
  db.transaction(() => {
    for (let n = 0; n < 5000; n += 1)
      others.add(owner, { appli: 1, url: `http://localhost:3000/${n}`, comment: '' });
  });
  db.close();
  const town = buildTown({ dataDir, fetch: async () => new Response() });
  ends.push(() => town.sandbox.close());
  const { access_token } = await town.connect(MAREN, { scope: ALL });
  const fields = { appli: '1', callbackurl: 'http://localhost:3000/hook' };
  expect((await town.data(access_token, '/notify', 'subscribe', fields)).status).toBe(305);
});

test('one person makes sixty subscriptions and no more', async () => {
  const { notify } = await subscribed([]);
  const callbackurl = (n: number) => `${receiver.url}/hook/${n}`;
  for (let n = 0; n < 60; n += 1) {
    expect((await notify('subscribe', { appli: '1', callbackurl: callbackurl(n) })).status).toBe(0);
  }
  const answer = await notify('subscribe', { appli: '1', callbackurl: callbackurl(60) });
  expect(JSON.stringify(answer)).toBe(refusal(305, 'Too many notifications are already set'));
});
