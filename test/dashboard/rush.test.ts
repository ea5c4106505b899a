import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createAnswerCache } from '../../src/dashboard/answer-cache.ts';
import { createDataLoader } from '../../src/dashboard/data-loader.ts';
import { createSlowData } from '../../src/dashboard/slow-data.ts';
import { createEncryption } from '../../src/store/encryption.ts';
import type { GrantContent } from '../../src/store/grant.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { fingerprint } from '../../src/tokens/changes.ts';
import { createCustody } from '../../src/tokens/custody.ts';
import { content } from '../store/store-contract.ts';
import { atEnd, tempDir } from '../support/machine.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const START = content.connectedAt + 4 * HOUR; // everybody's token has run out

/** A Withings that answers everybody, and remembers when and for whom. */
async function startWithings(now: () => number) {
  const calls: { at: number; person: string; action: string }[] = [];
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const { action = '', refresh_token = '' } = Object.fromEntries(new URLSearchParams(body));
    const person = (refresh_token || String(req.headers.authorization)).replace(/^\D+/, '');
    calls.push({ at: now(), person, action });
    const token = { access_token: `an-access-${person}`, refresh_token: `a-refresh-${person}` };
    const pair = { ...token, userid: person || '1', scope: SCOPE.join(','), expires_in: 10_800 };
    const lists = { measuregrps: [], activities: [], series: [], devices: [] };
    res.end(JSON.stringify({ status: 0, body: { ...pair, ...lists } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return { calls, apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const SCOPE = ['user.info', 'user.metrics', 'user.activity'];

/** The real line of calls, custody and loader of one or more processes, on a clock that moves while somebody waits. */
async function town({ quota = 120, people = 0, change = {} as Partial<GrantContent> } = {}) {
  const clock = { now: START };
  const now = () => clock.now;
  const sleep = async (ms: number) => {
    clock.now += ms;
  };
  const { calls, apiUrl } = await startWithings(now);
  const file = join(tempDir(), 'connect.db');
  const encryption = createEncryption(deriveKeys([randomBytes(32).toString('hex')]).seal);
  const never = () => new Promise<never>(() => {});
  const settings = {
    withings: {
      issuer: 'eu' as const,
      clientId: 'client',
      clientSecret: 'the-client-secret',
      scope: SCOPE,
      auth: 'secret' as const,
      authorizeUrl: 'https://account.example/oauth2_user/authorize2',
      apiUrl,
      timeoutMs: 5000,
      redirectUri: 'https://app.example/callback',
      sleep,
    },
    recover: false,
    callsPerMinute: quota,
    refreshMarginSeconds: 600,
    sweepSeconds: 30,
  };
  function startProcess() {
    const store = openSqliteStore(file, encryption, now);
    atEnd(() => store.close());
    const onError = (error: unknown) => {
      throw error;
    };
    const clocks = { now, monotonic: now, sleep };
    const said = { onRefresh() {}, onRevocation() {}, onSkipped() {}, onNoAnswer() {}, onError };
    const custody = createCustody(settings, { store, clocks, ...said });
    const { grants, withings } = custody;
    const answers = createAnswerCache({ now, sleep: never, pubsub: null });
    const slowData = { ...createSlowData({ grants, withings, now, onError }), ask() {} };
    const parts = { grants, withings, now, sleep: never, answers, slowData };
    const loader = createDataLoader({ ...parts, refreshMarginSeconds: 600, dataFreshSeconds: 300 });
    return { ...custody, store, loader };
  }
  const process = startProcess();
  for (let person = 1; person <= people; person += 1) {
    const id = process.store.grantIdOf({ issuer: 'eu', userId: String(person) });
    const tokens = { accessToken: `access-${person}`, refreshToken: `refresh-${person}` };
    const own = { ...content, userId: String(person), scope: SCOPE, ...tokens, ...change };
    const ends = { idleUntil: 9e15, endsAt: 9e15 };
    const session = { key: `key ${person}`, data: '{}', ...ends };
    const grant = { id, expected: null, content: own };
    await process.store.signIn({ grant, session, replaces: null, attempt: null });
    if (change.intent)
      await process.store.writeGrant(id, String(await process.store.readWriteId(id)), own, 0);
  }

  /** Whether the page of this person shows data. */
  async function view(person: number, { loader, store, grants } = process) {
    const grant = await store.readGrant(store.grantIdOf({ issuer: 'eu', userId: String(person) }));
    if (!grant) throw new Error('nobody');
    const { data, stale } = await loader.readAll(grant, 30, null);
    await grants.settled();
    const isShown = data.measures.ok && data.activity.ok && data.nights.ok && data.devices.ok;
    expect(isShown || stale?.refusal.retryAfterSeconds).toBeTruthy(); // or is told its turn
    return isShown;
  }
  return { clock, calls, process, startProcess, view };
}

function mostInAMinute(calls: { at: number }[]): number {
  return Math.max(
    ...calls.map(({ at }) => calls.filter((each) => each.at >= at && each.at < at + MINUTE).length),
  );
}

describe('people whose tokens have run out come in a rush of 100 seconds', () => {
  test('five a second, and new ones besides: pages with data, and nearly all who connect', async () => {
    const { clock, calls, process, view } = await town({ people: 500 });
    const shown = new Set<string>();
    let connected = 0;
    for (let tenth = 0; tenth < 1000; tenth += 1) {
      clock.now = Math.max(clock.now, START + tenth * 100);
      if (tenth % 2 === 0 && (await view(tenth / 2 + 1))) shown.add(String(tenth / 2 + 1));
      if (tenth % 20 === 7) connected += Number((await process.withings.redeem('code')).ok);
    }
    expect(shown.size).toBeGreaterThanOrEqual(20);
    expect(connected).toBeGreaterThanOrEqual(45);
    expect(mostInAMinute(calls)).toBeLessThanOrEqual(120);
    const served = calls.filter(({ person }) => person !== '');
    expect(new Set(served.map(({ person }) => person))).toEqual(shown); // no call for a page that shows nothing
    expect(served).toHaveLength(5 * shown.size); // a refresh and four of data, of which the first is the proof
  });

  test('one a second', async () => {
    const { clock, calls, view } = await town({ people: 100 });
    let shown = 0;
    for (let second = 0; second < 100; second += 1) {
      clock.now = Math.max(clock.now, START + second * 1000);
      shown += Number(await view(second + 1));
    }
    expect(shown).toBeGreaterThanOrEqual(24);
    expect(mostInAMinute(calls)).toBeLessThanOrEqual(120);
  });

  test('two instances with 30 calls a minute serve alike', async () => {
    const { clock, process, startProcess, view } = await town({ people: 240, quota: 30 });
    const processes = [process, startProcess()];
    const shown = [0, 0];
    for (let half = 0; half < 240; half += 1) {
      clock.now = Math.max(clock.now, START + half * 500);
      const here = ((half * 7) % 13) % 2;
      shown[here] = (shown[here] ?? 0) + Number(await view(half + 1, processes[here]));
    }
    expect(Math.min(...shown)).toBeGreaterThanOrEqual(3);
  });
});

test('unfinished refreshes are finished at the pace of the quota, the oldest first', async () => {
  const intent = { token: fingerprint('refresh-0'), since: START - HOUR };
  const { clock, calls, process } = await town({ people: 300, change: { intent } });
  const begun = clock.now;
  await process.sweeper.wake();
  expect(new Set(calls.map(({ person }) => person)).size).toBe(300);
  expect(calls).toHaveLength(600); // a token and a proof each
  expect(calls.length / ((clock.now - begun) / MINUTE)).toBeGreaterThanOrEqual(110);
  expect(mostInAMinute(calls)).toBeLessThanOrEqual(120);
});

test('whoever comes again within five minutes costs no call', async () => {
  const { calls, clock, view } = await town({ people: 1 });
  expect(await view(1)).toBe(true);
  expect(calls).toHaveLength(5);
  clock.now += 5 * MINUTE - 1;
  expect(await view(1)).toBe(true);
  expect(calls).toHaveLength(5);
  clock.now += 1;
  expect(await view(1)).toBe(true);
  expect(
    calls
      .slice(5)
      .map(({ action }) => action)
      .sort(),
  ).toEqual(['getactivity', 'getmeas', 'getsummary']);
});

test('with nobody to ask at all, what is known is shown with its time', async () => {
  const { process, clock, view } = await town({ people: 1 });
  await view(1);
  const asked = clock.now;
  clock.now += 10 * MINUTE;
  while ((await process.withings.redeem('code')).ok || (await process.withings.devices('access-2')).ok);
  const grant = await process.store.readGrant(process.store.grantIdOf({ issuer: 'eu', userId: '1' }));
  if (!grant) throw new Error('nobody');
  const { data, stale } = await process.loader.readAll(grant, 30, null);
  expect(data.measures.ok).toBe(true);
  expect(stale).toMatchObject({ askedAt: asked, refusal: { code: 'quota-used-up' } });
});
