import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type CreateOptions, createSandbox } from '../../src/sandbox/create.ts';
import { atEnd, tempDir } from '../support/machine.ts';
import { authorizeUrl, CALLBACK } from './town.ts';

async function start(options: CreateOptions = {}) {
  const now = Date.UTC(2026, 0, 15, 9);
  const sandbox = await createSandbox({ now: () => now, limits: false, ...options });
  atEnd(() => sandbox.close());
  const { url, client } = sandbox;

  async function call(path: string, fields: Record<string, string>, token = '') {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await fetch(url + path, { method: 'POST', headers, body: new URLSearchParams(fields) });
    return JSON.parse(await answer.text());
  }
  const credentials = { action: 'requesttoken', client_id: client.id, client_secret: client.secret };
  const refresh = (refresh_token: string) =>
    call('v2/oauth2', { ...credentials, grant_type: 'refresh_token', refresh_token });
  async function connect(userId?: number) {
    const { searchParams } = new URL(sandbox.consent(authorizeTo(url), userId ? { userId } : {}));
    const code = searchParams.get('code') ?? '';
    const grant = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK };
    return (await call('v2/oauth2', { ...credentials, ...grant })).body;
  }
  const getmeas = (token: string) => call('measure', { action: 'getmeas', meastypes: '1' }, token);
  return { ...sandbox, call, connect, refresh, getmeas };
}

const authorizeTo = (url: string, params = {}) => new URL(authorizeUrl(params).slice(1), url);

test('a Withings in this process: consent, tokens, data, the clock, faults, removal', async () => {
  const { clock, faults, people, weigh, unlink, calls, connect, refresh, getmeas } = await start();
  const [maren] = people;
  const first = await connect();
  expect([maren?.name, first.userid]).toEqual(['Maren Holt', maren?.userId]);

  const { grpid } = weigh(first.userid);
  expect((await getmeas(first.access_token)).body.measuregrps[0].grpid).toBe(grpid);
  clock.advance(10_800);
  expect((await getmeas(first.access_token)).status).toBe(401);

  faults.set('http-500', { on: 'requesttoken refresh_token', times: 2 });
  await expect(refresh(first.refresh_token)).rejects.toThrow('JSON');
  expect(faults.all()).toEqual([expect.objectContaining({ name: 'http-500', times: 1 })]);
  faults.clear();
  const second = (await refresh(first.refresh_token)).body;
  expect((await getmeas(second.access_token)).status).toBe(0);

  expect(unlink(first.userid)).toBe(2);
  expect((await refresh(second.refresh_token)).error).toBe('Invalid Params: invalid refresh_token');
  expect(calls().map(({ endpoint, outcome }) => `${endpoint}: ${outcome}`)).toEqual([
    'requesttoken authorization_code: ok',
    'getmeas: ok',
    'getmeas: 401',
    'requesttoken refresh_token: http-500',
    'requesttoken refresh_token: ok',
    'getmeas: ok',
    'requesttoken refresh_token: 503',
  ]);
  expect(calls()[1]?.fields).toEqual({ action: 'getmeas', meastypes: '1' });
});

test('a fault meant for the refresh leaves the exchange of the code alone', async () => {
  const { faults, connect, refresh } = await start();
  faults.set('wrong-secret', { on: 'requesttoken refresh_token' });
  const { refresh_token } = await connect();
  expect((await refresh(refresh_token)).error).toBe('Invalid Params: invalid client id/secret');
  expect((await refresh(refresh_token)).status).toBe(0);
});

test('consent as the person gives it: in part, not at all, or against a fault', async () => {
  const { url, consent, faults, register, people } = await start();
  const answered = (answer = {}, params = {}) => new URL(consent(authorizeTo(url, params), answer));
  expect(answered({ scope: '' }).searchParams.get('error')).toBe('access_denied');
  faults.set('deny');
  expect(answered().searchParams.get('error')).toBe('access_denied');
  expect(answered().searchParams.get('state')).toBe('state-1');
  expect(() => answered({ scope: 'user.metrics,user.sleep' })).toThrow(
    /Not asked for: user.sleep; asked for: .*user.metrics/,
  );
  expect(() => answered({ userId: 1 })).toThrow(/Nobody has the userId 1; known: 10000001,/);
  expect(() => answered({}, { redirect_uri: 'http://localhost:5000/back' })).toThrow('wrong-redirect');
  register('http://localhost:5000/back');
  expect(answered({}, { redirect_uri: 'http://localhost:5000/back' }).port).toBe('5000');
  expect(() => register('http://elsewhere.example/')).toThrow('calls only localhost');
  expect(people.at(-1)?.demo).toBe(true);
});

test('whoever watches its page sees at once what is registered from here', async () => {
  const { url, register } = await start();
  const watched = (await fetch(`${url}events`)).body?.getReader();
  await watched?.read();
  register('http://localhost:5000/back');
  expect(String(new TextDecoder().decode((await watched?.read())?.value))).toContain('event: change');
});

test('what a token is worth is told, and what was never given out is not known', async () => {
  const { connect, getmeas, introspect } = await start();
  const { access_token, refresh_token } = await connect();
  expect(introspect(refresh_token)).toMatchObject({ refreshState: 'live', used: false });
  await getmeas(access_token);
  expect(introspect(access_token)).toMatchObject({ state: 'live', used: true });
  expect(introspect('x')).toBeUndefined();
});

test('several side by side know nothing of each other', async () => {
  const [one, other, third] = await Promise.all([start(), start({ people: [{ name: 'Ana' }] }), start()]);
  Object.assign(one.people[0] ?? {}, { name: 'Somebody else' });
  Object.assign(one.client, { secret: 'another' });
  expect(third.people[0]?.name).toBe('Maren Holt');
  expect((await start()).people[0]?.name).toBe('Maren Holt');
  expect(one.state().users[0]?.name).toBe('Maren Holt');
  expect(one.url).not.toBe(other.url);
  const tokens = await one.connect();
  expect(tokens.userid).toBe(10000001);
  expect((await other.getmeas(tokens.access_token)).status).toBe(401);
  other.clock.advance(60);
  expect(other.clock.now() - one.clock.now()).toBe(60_000);
});

test('people from a list: names, zones, devices, and how often they step on the scale', async () => {
  const { people, connect, getmeas, call } = await start({
    people: [
      { name: 'Ana', timezone: 'Europe/Lisbon', weighsIn: { mornings: 7, evenings: 7 }, daysOfHistory: 10 },
      { name: 'Bo', userId: 77, login: 'both@example.com', devices: ['watch'], weighsIn: { mornings: 0 } },
    ],
  });
  expect(people.map(({ name, userId }) => [name, userId])).toEqual([
    ['Ana', 10000001],
    ['Bo', 77],
    ['Demo user', 10000900],
  ]);
  const weighedIn = async (token: string) => {
    const { timezone, measuregrps } = (await getmeas(token)).body;
    return [timezone, measuregrps.filter(({ attrib }: { attrib: number }) => attrib === 0).length];
  };
  expect(await weighedIn((await connect()).access_token)).toEqual(['Europe/Lisbon', 21]);
  const bo = await connect(77);
  expect(await weighedIn(bo.access_token)).toEqual(['Europe/Paris', 0]);
  const { devices } = (await call('v2/user', { action: 'getdevice' }, bo.access_token)).body;
  expect(devices.map(({ model }: { model: string }) => model)).toEqual(['ScanWatch 2']);
});

test('who lives there no more has no tokens, at either address', async () => {
  const dataDir = tempDir();
  const before = await start({ dataDir, people: [{ name: 'Ana', userId: 77 }] });
  const { access_token, refresh_token } = await before.connect();
  await before.close();
  const after = await start({ dataDir });
  expect((await after.getmeas(access_token)).status).toBe(401);
  expect((await after.refresh(refresh_token)).error).toBe('Invalid Params: invalid refresh_token');
});

test('people from a file, and every fault of it at once', async () => {
  const file = join(tempDir(), 'people.json');
  writeFileSync(file, '[{ "name": "Ana" }]');
  expect((await start({ people: file })).people[0]?.name).toBe('Ana');
  writeFileSync(file, '[{ "name": "", "timezone": "Mars/Base" }, { "name": "Bo", "devices": ["scales"] }]');
  const refused = start({ people: file });
  await expect(refused).rejects.toThrow(`${file} cannot be used:\n0: name: `);
  await expect(refused).rejects.toThrow(
    '0: timezone: must be a time zone such as Europe/Paris\n1: devices: 0: ',
  );
  writeFileSync(file, '[');
  await expect(start({ people: file })).rejects.toThrow('it is not JSON');
  const twice = [
    { name: 'Ana', userId: 5 },
    { name: 'Bo', userId: 5 },
  ];
  await expect(start({ people: twice })).rejects.toThrow('two people have the userId 5');
});

test('what is not known is refused in words', async () => {
  const { faults, clock, weigh } = await start();
  expect(() => faults.set('lost' as 'deny')).toThrow(/faults.set: name: .*lose-reply/);
  expect(() => faults.clear('nope' as 'deny')).toThrow(/faults.clear: name: .*lose-reply/);
  expect(() => faults.clear('' as 'deny')).toThrow('faults.clear');
  expect(() => faults.set('late', { delayMs: -1 })).toThrow('delayMs');
  expect(() => clock.advance(-1)).toThrow('clock.advance: advanceSeconds');
  expect(() => weigh(1)).toThrow('Nobody has the userId 1');
  for (let decade = 0; decade < 3; decade += 1) clock.advance(315_360_000);
  expect(() => clock.advance(1)).toThrow('thirty years ahead');
});

test('one that listens everywhere is reached by the name of this machine', async () => {
  const { url } = await start({ host: '0.0.0.0' });
  expect(new URL(url).hostname).toBe('localhost');
});

test.each([
  [{ limit: false }, 'No option limit; known: people, '],
  [{ redirectUris: ['/callback'] }, 'redirectUris: /callback is no http or https URL'],
  [{ redirectUris: 'http://localhost:3000/callback' }, 'redirectUris: must be a list of http or https URLs'],
  [{ client: {} }, 'client: must be { id, secret }'],
  [{ client: { id: 'x' } }, 'client: must be { id, secret }'],
  [{ client: { id: 'x', secret: '' } }, 'client: must be { id, secret }'],
  [{ client: 'x' }, 'client: must be { id, secret }'],
  [{ limits: 'no' }, 'limits: must be true or false'],
  [{ limits: 0 }, 'limits: must be true or false'],
  [{ callbackHosts: 'x' }, 'callbackHosts: must be a list of host names'],
  [{ callbackHosts: ['http://x'] }, 'callbackHosts: must be a list of host names'],
  [{ people: {} }, 'people: must be a list of people'],
  [{ now: 5 }, 'now: must be a function that returns milliseconds'],
  [{ now: () => Number.NaN }, 'now: must be a function that returns milliseconds'],
  [{ port: 'abc' }, 'port: must be a whole number'],
  [{ port: -1 }, 'port: must be a whole number'],
  [{ port: 99_999 }, 'port: must be a whole number'],
  [{ host: '' }, 'host: must be a host name or an address'],
  [{ dataDir: '' }, 'dataDir: must be a folder'],
  [{ dataDir: 5 }, 'dataDir: must be a folder'],
  [null, 'options: must be an object'],
  [5, 'options: must be an object'],
  [{ port: 'abc', host: '' }, /port: .*\nhost: /],
])('what cannot work starts nothing: %j', async (options, words) => {
  const started = createSandbox(options as CreateOptions).then((sandbox) => sandbox.close());
  await expect(started).rejects.toThrow(words);
  await expect(started).rejects.toBeInstanceOf(TypeError);
});

test('a port that is taken is said; a closed one is free again, and closing twice is once', async () => {
  const { url, close } = await start();
  const port = Number(new URL(url).port);
  const dataDir = tempDir();
  await expect(start({ port, dataDir })).rejects.toThrow('EADDRINUSE');
  const log = statSync(join(dataDir, 'sandbox.db-wal'), { throwIfNoEntry: false });
  expect(log?.size ?? 0).toBe(0); // the file is closed
  await close();
  await close();
  expect((await start({ port })).url).toBe(url);
});
