import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { readConfig } from '../../src/config/config.ts';
import { newChallenge } from '../../src/doctor/challenge.ts';
import { checkCustody } from '../../src/doctor/custody.ts';
import { checkReach } from '../../src/doctor/reach.ts';
import { checkDisk, checkRoom } from '../../src/doctor/store-file.ts';
import type { Network, Surroundings } from '../../src/doctor/surroundings.ts';
import { checkInstances, checkNode } from '../../src/doctor/versions.ts';
import { checkWithings } from '../../src/doctor/withings.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { inspectSqlite } from '../../src/store/sqlite/inspection.ts';
import { CLOUDS } from '../../src/withings/clouds.ts';
import { startApp } from '../support/app.ts';
import { tempDir } from '../support/machine.ts';
import { startWithings } from '../support/withings.ts';
import { SECRET } from './installation.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 1);

const NETWORK: Network = {
  fetch: async () => new Response(null),
  resolve: async () => ['93.184.216.34'],
  lookUp: async () => ['127.0.0.1'],
  handshake: async () => ({ fault: null, endsAt: NOW + 60 * DAY }),
};

/** At Withings itself, with the network as it should be but for this. */
function around(network: Partial<Network> = {}, env: Record<string, string> = {}): Surroundings {
  const settings = readConfig({
    WITHINGS_CLIENT_ID: 'far-client',
    WITHINGS_CLIENT_SECRET: 'far-secret',
    SESSION_SECRET: SECRET,
    PUBLIC_URL: 'https://connect.test.org',
    ...env,
  });
  if (!settings.ok) throw new Error(settings.faults.join('\n'));
  return {
    config: settings.config,
    secrets: null,
    isAtWithings: true,
    clouds: CLOUDS,
    network: { ...NETWORK, ...network },
    clocks: { now: () => NOW, monotonic: () => 0 },
    node: 'v24.0.0',
  };
}

describe('what Withings sees', () => {
  const found = async (network: Partial<Network>) =>
    (await checkReach(around(network))).filter(({ verdict }) => verdict !== 'ok').map(({ says }) => says);

  test('all is well', async () => expect(await found({})).toEqual([]));

  test.each([
    '10.1.2.3',
    '127.0.0.1',
    '192.168.0.9',
    '172.20.0.1',
    '100.64.0.1',
    '169.254.1.1',
    '::1',
    'fd00::1',
    'fe80::1',
  ])('%s is no address for them', async (address) => {
    const says = await found({ resolve: async () => ['93.184.216.34', address] });
    expect(says).toEqual([expect.stringContaining('Withings cannot reach that')]);
  });

  test('a name that only this machine knows', async () => {
    const error = Object.assign(new Error('queryA'), { code: 'ENOTFOUND' });
    expect(await found({ resolve: () => Promise.reject(error) })).toEqual([
      expect.stringContaining('no host of that name'),
    ]);
  });

  test('a certificate that ends soon, one that is over, one whose chain is cut', async () => {
    const soon = { fault: null, endsAt: NOW + 3 * DAY };
    expect(await found({ handshake: async () => soon })).toEqual([expect.stringContaining('ends in 3 days')]);
    const over = { fault: 'CERT_HAS_EXPIRED', endsAt: NOW - DAY };
    expect(await found({ handshake: async () => over })).toEqual([expect.stringContaining('has expired')]);
    const cut = { fault: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', endsAt: NOW + 60 * DAY };
    expect(await found({ handshake: async () => cut })).toEqual([
      expect.stringContaining('nobody whom we trust'),
    ]);
  });

  test('only the authorities that everybody knows count', async () => {
    const asked: string[] = [];
    const handshake: Network['handshake'] = async (_url, trusts) => {
      asked.push(trusts);
      return { fault: null, endsAt: NOW + 60 * DAY };
    };
    await found({ handshake });
    expect(asked).toEqual(['public']);
  });

  test('an answer that takes longer than Withings waits; one slow answer among quick ones is none', async () => {
    let clock = 0;
    const slow = (took: number[]) => ({
      ...around({
        fetch: async () => {
          clock += took.shift() ?? 0;
          return new Response(null);
        },
      }),
      clocks: { now: () => NOW, monotonic: () => clock },
    });
    const last = async (took: number[]) => (await checkReach(slow(took))).at(-1)?.says;
    expect(await last([2100, 2100])).toContain('Withings waits 2 seconds');
    expect(await last([2100, 5])).toContain('in 5 ms');
    expect(await last([5, 2100])).toContain('in 5 ms');
  });
});

test('credentials of the other cloud are named', async () => {
  const withings = await startWithings('https://connect.test.org', () => NOW);
  const cloud = (url: string) => ({ authorizeUrl: `${url}/oauth2_user/authorize2`, apiUrl: `${url}/` });
  const all = around();
  const { config } = all;
  const check = async (clientId: string, eu: string, us: string) => {
    const here = { ...config.withings, clientId, apiUrl: `${eu}/` };
    return checkWithings({
      ...all,
      config: { ...config, withings: here },
      clouds: { eu: cloud(eu), us: cloud(us) },
    });
  };
  const strange = await startOther();
  const [found] = await check('far-client', withings.url, strange);
  expect(found?.verdict).toBe('ok');
  const [wrong] = await check('far-client', strange, withings.url);
  expect([wrong?.says, wrong?.todo]).toEqual([
    expect.stringContaining('the US Medical Cloud (us) knows them'),
    'Set WITHINGS_CLOUD=us.',
  ]);
  const [neither] = await check('other-client', strange, withings.url);
  expect(neither?.says).toContain('and so does the US Medical Cloud (us)');
});

/** A cloud that has never heard of this application. */
async function startOther(): Promise<string> {
  const other = await startApp({}, { now: NOW });
  return `${other.url}/sandbox`;
}

describe('the page of the doctor', () => {
  test('answers a challenge of this installation for two minutes, and is not there for anybody else', async () => {
    const app = await startApp({ SESSION_SECRET: SECRET });
    const [key = Buffer.of()] = deriveKeys([SECRET]).doctor;
    const [foreign = Buffer.of()] = deriveKeys(['Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ']).doctor;
    const get = (challenge: string) => request(app.url).get(`/doctor/${challenge}`);
    const real = app.clock.now;
    expect((await get(newChallenge(key, real))).body).toMatchObject({
      ready: true,
      proxies: 0,
      cookie: false,
    });
    const good = newChallenge(key, real);
    const others = [
      newChallenge(foreign, real),
      newChallenge(key, real - 10 * 60_000), // over
      newChallenge(key, real + 60 * 60_000), // made to last
      `${real + 1e5}${good.slice(good.indexOf('.'))}`, // another end than was signed
      `${good}x`,
      'x',
    ];
    for (const challenge of others) expect((await get(challenge)).status).toBe(404);
    expect((await get(`${others[0]}/events`)).status).toBe(404);
  });

  test('what somebody else answers is no proof', async () => {
    const fetch = async () =>
      Response.json({
        proof: 'x',
        instance: 'x',
        version: '9',
        node: 'x',
        ready: true,
        proxies: 0,
        cookie: true,
      });
    const [key = Buffer.of()] = deriveKeys([SECRET]).doctor;
    expect(await checkInstances({ fetch, key, now: () => NOW }, around())).toEqual([]);
  });

  test('instances of two versions are told apart', async () => {
    const app = await startApp({ SESSION_SECRET: SECRET });
    const [key = Buffer.of()] = deriveKeys([SECRET]).doctor;
    let times = 0;
    const fetchOther: typeof fetch = async (...asked) => {
      const answer = await fetch(...asked);
      times += 1;
      if (times % 2 === 0) return answer;
      return Response.json({ ...((await answer.json()) as object), instance: 'other', version: '0.0.9' });
    };
    const at = around({}, { PUBLIC_URL: app.url });
    const [found] = await checkInstances({ fetch: fetchOther, key, now: () => app.clock.now }, at);
    expect([found?.verdict, found?.says]).toEqual([
      'warn',
      expect.stringContaining('2 instances have answered: 0.0.9'),
    ]);
  });
});

describe('the embedded store', () => {
  test('beside a program that has it open the probe leaves the WAL to that one', async () => {
    const file = join(tempDir(), 'connect.db');
    const app = openDatabase(file, 'FULL');
    app.exec(
      'PRAGMA wal_autocheckpoint = 0; CREATE TABLE attempts (id TEXT PRIMARY KEY, answer, expires_at)',
    );
    app.exec('CREATE TABLE more (text)');
    for (let rows = 0; rows < 1200; rows += 1) app.run('INSERT INTO more VALUES (?)', 'x'.repeat(4000)); // SQLite checkpoints at 1000 pages
    const before = readFileSync(file);
    const store = inspectSqlite(file);
    await store.probe();
    store.close();
    expect(readFileSync(file)).toEqual(before);
    expect(app.all('SELECT * FROM attempts')).toEqual([]);
    app.close();
  });

  test('room, and what kind of disk', () => {
    const MB = 1024 ** 2;
    expect([1, 100, 1000].map((free) => checkRoom(free * MB).verdict)).toEqual(['fails', 'warn', 'ok']);
    expect(checkDisk(0x6969, 'data').says).toContain('lies on NFS');
    expect(checkDisk(0x01021994, 'data').says).toContain('memory of the machine');
    expect(checkDisk(0x794c7630, 'data').says).toContain('layer of the container');
    expect(checkDisk(0xef53, 'data').verdict).toBe('ok');
  });
});

test('a Node that is no longer mended', () => {
  expect(checkNode('v20.20.2', NOW).verdict).toBe('warn');
  expect(checkNode('v24.21.0', NOW).verdict).toBe('ok');
  expect(checkNode('v24.21.0', Date.UTC(2028, 5)).verdict).toBe('warn');
  expect(checkNode('v99.0.0', NOW).verdict).toBe('ok');
});

test('eight hours are the end of an open refresh, and what nothing opens is a fault', () => {
  const totals = (openSince: number | null, underUnknownKey = 0) => ({
    states: [{ state: 'connected', all: 3, demo: 0 }] as never,
    underOldKey: underUnknownKey,
    underUnknownKey,
    open: openSince === null ? 0 : 1,
    openSince,
    old: 0,
  });
  const verdicts = (...of: Parameters<typeof totals>) =>
    checkCustody(totals(...of), NOW).map(({ verdict }) => verdict);
  expect(verdicts(null)).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(verdicts(NOW - 9 * 3_600_000)).toEqual(['ok', 'fails', 'ok', 'ok']);
  expect(verdicts(null, 1)).toEqual(['fails', 'ok', 'warn', 'ok']);
});
