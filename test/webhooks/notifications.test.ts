import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { readConfig } from '../../src/config/config.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { brokenCallbackRule } from '../../src/withings/notify.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { openEvents } from '../support/event-stream.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
/** As the app derives it: there is no other way to know it from outside. */
const ADDRESS = `/webhooks/withings/${deriveKeys([SECRET]).webhook[0]}`;
const MINUTE = 60_000;
const DAY = 86_400_000;

/** Connected, with every subscription made. */
async function startSubscribed(env: Record<string, string> = {}) {
  const app = await startApp({ WEBHOOKS: 'on', ...env });
  const visitor = visit(app);
  await visitor.connect();
  await app.sweep();
  const { userId } = (await visitor.json('/api/connection')).body;
  return { app, visitor, userId, sandbox: sandboxOf(app), address: await addressOf(app) };
}

/** The address that Withings was told. */
async function addressOf(app: TestApp): Promise<string> {
  const [first] = await sandboxOf(app).subscriptions();
  if (!first) throw new Error('Nobody is subscribed');
  return new URL(first.callbackUrl).pathname;
}

function notify(app: TestApp, address: string, fields: Record<string, string>) {
  return request(app.url).post(address).type('form').send(fields);
}

describe('from the scale to the chart', () => {
  test('a person steps on the scale, and the open dashboard knows', async () => {
    const { app, visitor, userId, sandbox } = await startSubscribed();
    const before = (await visitor.json('/api/measures')).body.measures;
    await visitor.get('/dashboard');
    const events = await openEvents(app, visitor.cookies());
    await events.next('connection');
    app.clock.now += 11_000;
    await sandbox.weigh(userId);
    await events.next('news');
    const after = (await visitor.json('/api/measures')).body.measures;
    expect(after.length).toBeGreaterThan(before.length);
    const newest = after.find(({ type }: { type: number }) => type === 1);
    expect((await visitor.get('/dashboard')).text).toContain(`${newest.value.toFixed(1)} <`);
    expect(app.logs()).toContain('"outcome":"recorded"');
    events.close();
  });

  test('a storm of news asks Withings afresh once, and again when ten seconds have passed', async () => {
    const { app, visitor, userId, sandbox, address } = await startSubscribed();
    await visitor.get('/dashboard');
    await app.settled(); // what nobody waits for has been asked as well
    app.clock.now += 11_000;
    const before = await sandbox.calls('getmeas');
    for (let i = 0; i < 10; i += 1) {
      app.clock.now += 100;
      await notify(app, address, { userid: userId, appli: '1', startdate: String(i), enddate: '2' });
      await until(() => app.logs().split('"outcome":"recorded"').length > i + 1);
      await visitor.get('/dashboard');
    }
    expect((await sandbox.calls('getmeas')) - before).toBe(1);
    app.clock.now += 10_000;
    await visitor.get('/dashboard');
    expect((await sandbox.calls('getmeas')) - before).toBe(2);
  });

  test('news between the page and its stream are not missed', async () => {
    const { app, visitor, userId, sandbox } = await startSubscribed();
    const page = await visitor.get('/dashboard');
    const since = /data-now="([^"]+)"/.exec(page.text)?.[1] ?? '';
    app.clock.now += 11_000;
    await sandbox.weigh(userId);
    await until(() => app.logs().includes('"outcome":"recorded"'));
    const late = await openEvents(app, visitor.cookies(), `/events?since=${since}`);
    expect(await late.next('news')).toEqual({});
    late.close();
  });

  test('what the granted scopes allow is subscribed to, once', async () => {
    const { app } = await startSubscribed();
    const made = await sandboxOf(app).subscriptions();
    expect(made.map(({ appli }) => appli)).toEqual([1, 2, 4, 16, 44, 46]);
    expect(new Set(made.map(({ callbackUrl }) => callbackUrl)).size).toBe(1);
    app.clock.now += 25 * 60 * MINUTE;
    await app.sweep();
    expect(await sandboxOf(app).subscriptions()).toHaveLength(6);
    expect(await sandboxOf(app).calls('notify subscribe')).toBe(6);
  });

  test('fewer scopes, fewer subscriptions', async () => {
    const { app } = await startSubscribed({ WITHINGS_SCOPE: 'user.metrics' });
    expect((await sandboxOf(app).subscriptions()).map(({ appli }) => appli)).toEqual([1, 2, 4]);
  });

  test('off by default: nothing is subscribed to, and the address does not exist', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect();
    await app.sweep();
    expect(await sandboxOf(app).subscriptions()).toEqual([]);
    expect((await request(app.url).head(`/webhooks/withings/${'x'.repeat(43)}`)).status).toBe(404);
    expect((await visitor.get('/dashboard')).text).not.toContain('New data');
  });
});

describe('the address', () => {
  test('HEAD is answered, GET is not, and nothing is said about a wrong secret', async () => {
    const { app, address } = await startSubscribed();
    const ask = request(app.url);
    expect((await ask.head(address)).status).toBe(200);
    const get = await ask.get(address);
    expect(get.status).toBe(405);
    expect(get.headers.allow).toBe('HEAD, POST');
    for (const wrong of [
      address.slice(0, -1),
      `${address}x`,
      '/webhooks/withings/x',
      '/webhooks/withings/',
    ]) {
      expect((await ask.head(wrong)).status).toBe(404);
    }
    const refused = await notify(app, '/webhooks/withings/x', { userid: '1', appli: '1' });
    expect(refused.status).toBe(404);
    expect(app.logs()).not.toContain(address.split('/').at(-1));
  });

  test.each<[number, Record<string, string>]>([
    [200, {}],
    [200, { appli: '53', deviceid: 'x' }],
    [200, { userid: 'x', appli: '1' }],
    [200, { 'userid[]': '1', appli: '1' }],
    [200, { userid: '', appli: '' }],
    [413, { userid: '1', appli: '1', comment: 'x'.repeat(20_000) }],
    [413, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, '1']))],
  ])('%i for what is about nobody: %j', async (status, fields) => {
    const app = await startApp({ WEBHOOKS: 'on', SESSION_SECRET: SECRET });
    expect((await notify(app, ADDRESS, fields)).status).toBe(status);
    expect((await request(app.url).post(ADDRESS).send(fields)).status).toBe(200); // JSON is not read
  });

  test('after a new SESSION_SECRET the old address works until the new one is subscribed', async () => {
    const NEW = 'Zq8Wn3RvTb6Yx1Kc5Lm9Pd2Sg7Hf4JeA';
    const { app, address } = await startSubscribed({ SESSION_SECRET: SECRET });
    const rotated = await app.restart({ SESSION_SECRET: `${NEW},${SECRET}` });
    expect((await request(rotated.url).head(address)).status).toBe(200);
    rotated.clock.now += 25 * 60 * MINUTE;
    await rotated.sweep();
    const paths = (await sandboxOf(rotated).subscriptions()).map(
      ({ callbackUrl }) => new URL(callbackUrl).pathname,
    );
    expect(paths).toHaveLength(6);
    expect(paths).not.toContain(address);
  });
});

describe('nothing is believed by itself', () => {
  test('of a kind that nobody knows, it is news all the same', async () => {
    const { app, visitor, userId, address } = await startSubscribed();
    const kinds: Record<string, string>[] = [
      {},
      { appli: '' },
      { appli: '12345678901234567890' },
      { appli: '1e3' },
      { appli: '46', action: '' },
      { appli: '46', action: 'merged with another account' },
      {
        appli: '1',
        comment: 'x'.repeat(5000),
        ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, '1'])),
      },
    ];
    for (const [index, fields] of kinds.entries()) {
      expect((await notify(app, address, { userid: userId, ...fields })).status).toBe(200);
      await until(() => app.logs().split('"outcome":"recorded"').length > index + 1);
    }
    expect((await visitor.get('/dashboard')).text).toContain(', last <time');
    expect(app.logs()).not.toMatch(/linked|merged/);
  });

  test('an unlink that is not so changes nothing', async () => {
    const { app, visitor, userId, address } = await startSubscribed();
    expect((await notify(app, address, { userid: userId, appli: '46', action: 'unlink' })).status).toBe(200);
    await until(() => app.logs().includes('"outcome":"still-linked"'));
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
  });

  test('an unlink that is so ends the connection by Withings’ own word', async () => {
    const { app, visitor, userId, sandbox } = await startSubscribed();
    await sandbox.unlink(userId);
    await until(async () => (await visitor.json('/api/connection')).body.state === 'needs-reconnect');
    expect(app.logs()).toContain('"outcome":"unlinked"');
    expect((await visitor.get('/dashboard')).text).toContain('Please connect again');
  });

  test('a storm of unlink notifications costs Withings one call', async () => {
    const { app, userId, sandbox, address } = await startSubscribed();
    const before = await sandbox.calls('getmeas');
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        notify(app, address, { userid: userId, appli: '46', action: 'unlink' }),
      ),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    await until(() => app.logs().includes('"outcome":"still-linked"'));
    expect((await sandbox.calls('getmeas')) - before).toBe(1);
  });

  test('strangers are answered like everybody and change nothing', async () => {
    const { app, visitor, sandbox, address } = await startSubscribed();
    const before = (await sandbox.state()).counters;
    for (const userid of ['1', '99999999999999999999']) {
      expect((await notify(app, address, { userid, appli: '46', action: 'delete' })).status).toBe(200);
    }
    await app.sweep();
    expect((await sandbox.state()).counters).toEqual(before);
    expect(app.logs()).not.toContain('"notification"');
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
  });

  test('the answer does not wait for the work', async () => {
    const { app, withings } = await startFarApart({ WEBHOOKS: 'on' });
    const visitor = visit(app);
    await visitor.connect();
    await app.sweep();
    const { userId } = (await visitor.json('/api/connection')).body;
    const { body } = await request(withings.url).get('/control/state');
    expect(body.counters['notify subscribe']).toEqual({ ok: 6 });
    const calls = withings.hold('/measure');
    expect((await notify(app, ADDRESS, { userid: userId, appli: '46', action: 'unlink' })).status).toBe(200);
    await calls.arrived;
    calls.open();
  });
});

describe('health of subscriptions', () => {
  test('missed news are asked for, once a day', async () => {
    const { app, visitor, userId, sandbox } = await startSubscribed({ WITHINGS_SCOPE: 'user.metrics' });
    await sandbox.unsubscribe(userId);
    app.clock.now += 60 * MINUTE;
    await sandbox.weigh(userId);
    expect((await visitor.get('/dashboard')).text).toContain('Withings tells us at once');
    expect((await visitor.get('/dashboard')).text).not.toContain(', last <time');
    app.clock.now += DAY;
    await app.sweep();
    expect((await sandboxOf(app).subscriptions()).map(({ appli }) => appli)).toEqual([1, 2, 4]);
    expect((await visitor.get('/dashboard')).text).toContain(', last <time');
  });

  test('a refused subscription says nothing of the tokens, and made up for', async () => {
    const app = await startApp({ WEBHOOKS: 'on' });
    const sandbox = sandboxOf(app);
    await sandbox.fault('status-522', { times: 1, on: 'notify subscribe' });
    const visitor = visit(app);
    await visitor.connect();
    await app.sweep();
    const page = (await visitor.get('/dashboard')).text;
    expect(page).toContain('Withings does not tell us at once');
    expect((await visitor.json('/api/connection')).body).toMatchObject({ state: 'connected', problem: null });
    app.clock.now += 6 * MINUTE;
    await app.sweep();
    expect((await visitor.get('/dashboard')).text).toContain('Withings tells us at once');
    expect(await sandboxOf(app).subscriptions()).toHaveLength(6);
  });

  test('connecting twice in ten seconds, which Withings finds too often, is no bad news', async () => {
    const { app, visitor } = await startSubscribed();
    await visitor.connect();
    await app.sweep();
    expect((await visitor.get('/dashboard')).text).toContain('Withings tells us at once');
    app.clock.now += 16_000;
    await app.sweep();
    expect(await sandboxOf(app).calls('notify list')).toBe(3);
    expect((await visitor.get('/dashboard')).text).toContain('Withings tells us at once');
  });

  test('disconnecting ends the subscriptions, even where Withings refuses to revoke', async () => {
    const { app, visitor, sandbox } = await startSubscribed();
    await sandbox.fault('http-500', { times: 1, on: 'revoke' });
    await visitor.post('/disconnect');
    expect(await sandboxOf(app).subscriptions()).toEqual([]);
  });
});

test.each([
  ['http://connect.example.com', 'an https address'],
  ['https://localhost', 'a host name'],
  ['https://localhost.', 'a host name'],
  ['https://app.localhost', 'a host name'],
  ['https://intranet', 'a host name'],
  ['https://0x7f.1', 'a host name'],
  ['https://192.0.2.7', 'a host name'],
  ['https://[2001:db8::1]', 'a host name'],
  ['https://connect.example.com:8443', 'port 443'],
  [`https://${'a.'.repeat(100)}example.com`, 'at most 255'],
])('PUBLIC_URL %s is refused at start: %s', (PUBLIC_URL, words) => {
  const read = readConfig({
    WEBHOOKS: 'on',
    PUBLIC_URL,
    WITHINGS_CLIENT_ID: 'real',
    WITHINGS_CLIENT_SECRET: 'a-real-secret',
    SESSION_SECRET: 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT',
  });
  expect(read).toEqual({ ok: false, faults: expect.arrayContaining([expect.stringContaining(words)]) });
});

test.each([
  ['https://wbsapi.withings.net/', false],
  ['https://wbsapi.us.withingsmed.net/', false],
  ['https://sandbox.example/', true],
  ['https://notwithings.net/', true],
])('the rules are those of Withings, not of a sandbox: with the API at %s anything goes: %j', (api, ok) => {
  const read = readConfig({
    WEBHOOKS: 'on',
    PUBLIC_URL: 'http://localhost:3000',
    WITHINGS_CLIENT_ID: 'real',
    WITHINGS_CLIENT_SECRET: 'a-real-secret',
    WITHINGS_API_URL: api,
    SESSION_SECRET: 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT',
  });
  expect(read.ok).toBe(ok);
});

test('a host name that the whole internet knows may be called', () => {
  for (const host of [
    'connect.example.com',
    'connect.example.com.',
    '1.example.com',
    'localhost.example.com',
  ]) {
    expect(brokenCallbackRule(`https://${host}/webhooks`)).toBeNull();
  }
});
