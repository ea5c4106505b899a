import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import {
  clocks,
  createConnect,
  DecryptionError,
  openStore,
  Problem,
  type Result,
} from '../../src/embed/index.ts';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openSqliteRestored } from '../../src/store/sqlite/backup.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { atEnd, tempDir } from '../support/machine.ts';
import { visit } from '../support/visitor.ts';
import { connects, SECRET, startHost } from './host.ts';

const ADA = { userId: 10000004 };
const DAY_MS = 86_400_000;

async function withAda(...options: Parameters<typeof startHost>) {
  const host = await startHost(...options);
  await connects(host, 'ada', ADA);
  const callsOf = (endpoint: string) =>
    host.sandbox.calls().filter((call) => call.endpoint === endpoint).length;
  return { ...host, callsOf, ada: host.connect.of('ada') };
}

describe('an account, without a request of its owner', () => {
  test('gives a live token, makes calls, says how it stands, and leaves', async () => {
    const { ada, connect, sandbox } = await withAda();
    expect(await ada.status()).toMatchObject({
      state: 'connected',
      userId: String(ADA.userId),
      problem: null,
    });
    sandbox.clock.advance(4 * 3600); // the token is over
    const fresh = await ada.fresh();
    expect(fresh.ok && fresh.value.accessExpiresAt > sandbox.clock.now()).toBe(true);
    const goals = await ada.use((token) => connect.withings.goals(token));
    expect(goals.ok).toBe(true);
    expect(await ada.disconnect()).toMatchObject({ refusal: null });
    expect(await ada.disconnect()).toBeNull();
    expect(await ada.status()).toMatchObject({ state: 'not-connected' });
    expect(await ada.fresh()).toMatchObject({ ok: false, refusal: { code: 'not-connected' } });
    expect(await ada.measures()).toMatchObject({ ok: false, refusal: { code: 'not-connected' } });
  });

  test('brings data: the last days of the person, or days and moments of one’s own', async () => {
    const { ada, sandbox } = await withAda();
    const weights = await ada.measures({ types: [1], days: 7 });
    if (!weights.ok) throw new Error(weights.refusal.code);
    expect(weights.value.rows.length).toBeGreaterThan(0);
    expect(new Set(weights.value.rows.map(({ type }) => type))).toEqual(new Set([1]));
    const fat = await ada.measures({ types: [6], days: 7 });
    expect(fat.ok && fat.value.rows.every(({ type }) => type === 6)).toBe(true);
    expect(weights.value).toMatchObject({ stale: null, timezone: 'Asia/Kolkata' });
    expect(weights.value.askedAt.getTime()).toBeLessThanOrEqual(sandbox.clock.now());
    expect((await ada.status()).timezone).toBe('Asia/Kolkata');

    const until = new Date(sandbox.clock.now() - 3 * DAY_MS);
    const from = new Date(until.getTime() - 4 * DAY_MS);
    const then = await ada.measures({ from, until });
    if (!then.ok) throw new Error(then.refusal.code);
    expect(then.value.rows.length).toBeGreaterThan(0);
    expect(then.value.rows.every(({ at }) => at >= from && at <= until)).toBe(true);

    const today = new Date(sandbox.clock.now() + 5.5 * 3_600_000).toISOString().slice(0, 10); // in Kolkata
    const ymd = (days: number) => new Date(Date.parse(today) - days * DAY_MS).toISOString().slice(0, 10);
    const activity = await ada.activity({ days: 7 });
    const nights = await ada.nights({ first: ymd(9), last: ymd(5) });
    if (!activity.ok || !nights.ok) throw new Error('no days');
    const dates = (rows: { date: string }[]) => rows.map(({ date }) => date).toSorted();
    expect(dates(activity.value.rows).at(0)).toBe(ymd(6));
    expect(dates(activity.value.rows).at(-1)).toBe(today);
    expect(dates(nights.value.rows).every((date) => date >= ymd(9) && date <= ymd(5))).toBe(true);
    const devices = await ada.devices();
    expect(devices.ok && devices.value.rows.length).toBeGreaterThan(0);
  });

  test('asks Withings once, however often and from wherever the same is asked', async () => {
    const { ada, connect, sandbox, callsOf } = await withAda();
    const until = new Date(Math.floor(sandbox.clock.now() / 1000) * 1000);
    const moments = { from: new Date(until.getTime() - DAY_MS), until };
    const ask = () => [
      ada.measures({ types: [1] }),
      connect.of('ada', { background: true }).measures({ types: [1] }),
      ada.measures(moments),
      ada.measures({ ...moments, from: new Date(moments.from.getTime() + 500) }), // Withings counts in seconds
    ];
    const all = [...(await Promise.all(ask())), ...(await Promise.all(ask()))];
    expect(all.map(({ ok }) => ok)).toEqual(Array(8).fill(true));
    expect(callsOf('getmeas')).toBe(2);
  });

  test('shows what is known while Withings is away, and says so', async () => {
    const { ada, sandbox } = await withAda({ dataFreshSeconds: 60 });
    const before = await ada.measures();
    sandbox.clock.advance(120);
    sandbox.faults.set('http-500', { times: 0 });
    const after = await ada.measures();
    if (!before.ok || !after.ok) throw new Error('nothing is known');
    expect(after.value).toMatchObject({ rows: before.value.rows, askedAt: before.value.askedAt });
    expect(after.value.stale).toMatchObject({ remedy: 'retry' });
    expect(await ada.nights()).toMatchObject({ ok: false, refusal: { remedy: 'retry' } });
  });

  test('shows nothing any more once the person has taken the permission back', async () => {
    const { ada, sandbox } = await withAda();
    expect((await ada.measures()).ok).toBe(true);
    sandbox.unlink(ADA.userId);
    sandbox.clock.advance(4 * 3600);
    expect(await ada.measures()).toMatchObject({ ok: false, refusal: { remedy: 'reconnect' } });
  });

  test('keeps nothing of whoever has disconnected', async () => {
    const stopped = clocks.now(); // another connection that is made at the same moment is asked anew
    const host = await withAda({ clocks: { ...clocks, now: () => stopped } });
    expect((await host.ada.measures()).ok).toBe(true);
    await host.ada.disconnect();
    await connects(host, 'ada', ADA);
    await host.ada.measures();
    expect(host.callsOf('getmeas')).toBe(2);
  });

  test('goes behind everybody who waits, when it is asked to', async () => {
    const { connect, sandbox } = await withAda({ withings: { callsPerMinute: 10 } });
    const background = connect.of('ada', { background: true });
    for (const days of [1, 2, 3]) expect((await background.measures({ days })).ok).toBe(true);
    sandbox.clock.advance(4 * 3600); // the token is over, and that was all that the background has for one person
    expect(await background.fresh()).toMatchObject({ ok: false, refusal: { code: 'quota-used-up' } });
    expect((await connect.of('ada').nights()).ok).toBe(true);
    expect(sandbox.calls().length).toBeLessThan(12);
  });
});

describe('what cannot be asked is said in words, before anybody is asked', () => {
  const [early, late] = [new Date(0), new Date(DAY_MS)];
  const measures = [
    ...[{ days: 0 }, { days: Number.NaN }, { days: '7' }, { days: 1.5 }, { days: 1e15 }, { day: 3 }, null],
    ...[{ from: early }, { from: late, until: early }, { from: '1970-01-01', until: '1970-01-02' }],
    ...[{ from: new Date('x'), until: late }, { types: [] }, { types: 1 }, { types: ['weight'] }],
  ];
  const days = [
    ...[{ days: -5 }, { days: 0.5 }, { days: Number.NaN }, { day: 3 }, null, { first: '2026-11-20' }],
    ...[
      { first: 'yesterday', last: 'today' },
      { first: '2026-11-20', last: '2026-11-01' },
    ],
    ...[
      { first: '2026-02-30', last: '2026-03-01' },
      { first: early, last: late },
    ],
  ];
  const pages = [
    ...[{ limit: 0 }, { limit: -1 }, { limit: 1.5 }, { limit: 'x' }, { limit: null }, { limit: 1001 }],
    ...[{ limit: Number.NaN }, { after: 5 }, { after: {} }, { after: '\0' }, { afer: 'x' }, null],
  ];
  test('reads, calls and pages', async () => {
    const { connect } = await startHost();
    const ada = connect.of('ada'); // who has connected nothing: an answer would be `not-connected`
    const asked = [
      ...measures.map((options) => ada.measures(options as never)),
      ...days.flatMap((options) => [ada.activity(options as never), ada.nights(options as never)]),
      ...pages.map((options) => connect.list(options as never)),
      ada.use(undefined as never),
    ];
    for (const answer of await Promise.allSettled(asked)) {
      expect(answer).toMatchObject({
        status: 'rejected',
        reason: { name: 'TypeError', message: expect.stringMatching(/ takes | needs /) },
      });
    }
  });
});

describe('a call of the application’s own', () => {
  test('renews a token that it calls refused, once', async () => {
    const { ada } = await withAda();
    const refused = { ok: false, refusal: { code: 'access-token-refused' } } as Result<string>;
    const tokens: string[] = [];
    const answer = await ada.use(async (token) => {
      tokens.push(token);
      return tokens.length === 1 ? refused : { ok: true, value: 'data' };
    });
    expect(answer).toEqual({ ok: true, value: 'data' });
    expect(new Set(tokens).size).toBe(2);
  });

  test.each([
    ['nothing', undefined],
    ['data', { steps: 4711 }],
    ['a success of fetch', Response.json({ steps: 4711 })],
    ['a failure of fetch', new Response('steps: 4711', { status: 401 })],
    ['a refusal without a code', { ok: false, refusal: 'steps: 4711' }],
  ])('that brings no Result is told so, without what it brings: %s', async (_what, answer) => {
    const { ada } = await withAda();
    const error = await ada.use(async () => answer as never).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain('a Result');
    expect(error.message).not.toContain('4711');
  });
});

describe('what fails is known', () => {
  test('a record that no secret opens is a Problem, with words for people', async () => {
    const dir = tempDir();
    const { connect, sandbox, url } = await withAda({
      store: openStore(`sqlite:${dir}`, { secrets: [SECRET] }),
    });
    await connect.stop();
    const next = SECRET.toLowerCase();
    openStore(`sqlite:${dir}`, { secrets: [next, SECRET] }).close();
    const later = createConnect({
      url: `${url}/withings`,
      withings: { clientId: 'sandbox', clientSecret: 'sandbox-secret', apiUrl: sandbox.url },
      store: openStore(`sqlite:${dir}`, { secrets: [next] }),
      clocks,
      owner: () => null,
    });
    atEnd(later.stop);
    expect((await later.list()).people).toEqual([]); // nobody can tell any more who that was
    const error = await later
      .of('ada')
      .fresh()
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(Problem);
    const { code, title, advice, status, cause } = error;
    expect({ code, status, title: typeof title, advice: typeof advice }).toEqual({
      ...{ code: 'key-missing', status: 503, title: 'string', advice: 'string' },
    });
    expect(cause).toBeInstanceOf(DecryptionError);
    expect((await later.list()).people).toEqual([{ owner: 'ada', state: 'connected' }]); // she has been here
    expect(await later.of('ada').disconnect()).toMatchObject({ refusal: null }); // leaving needs no key
  });

  test('a store that came back from a backup is one for the router', async () => {
    const dir = tempDir();
    const secrets = [SECRET];
    openStore(`sqlite:${dir}`, { secrets }).close();
    const opening = { encryption: createEncryption(deriveKeys(secrets).seal), issuer: 'eu' } as const;
    const operator = openSqliteRestored(join(dir, 'connect.db'), opening, false);
    await operator.hold(clocks.now());
    operator.close();
    const warned: unknown[] = [];
    const warn = (...words: unknown[]) => void warned.push(...words);
    const log = Object.assign(pino({ level: 'silent' }), { warn });
    const visitor = visit(await startHost({ store: openStore(`sqlite:${dir}`, { secrets }), log }));
    for (const path of ['/connect', '/callback?state=x&code=y']) {
      const answer = await visitor.get(`/withings${path}`, { 'X-User': 'ada' });
      expect([answer.status, answer.text]).toEqual([503, 'store-held']);
    }
    expect(warned).toEqual([expect.stringContaining('npm run restore -- --confirm')]);
  });

  test('a store that fails is one, too, for calls and for the router; an error of the application is none', async () => {
    const dir = tempDir();
    const host = await withAda({ store: openStore(`sqlite:${dir}`, { secrets: [SECRET] }) });
    for (const status of [undefined, 404]) {
      const ofTheApplication = Object.assign(new Error('of the application'), { status });
      await expect(host.ada.use(() => Promise.reject(ofTheApplication))).rejects.toBe(ofTheApplication);
    }
    const bob = visit(host);
    const begun = await bob.get('/withings/connect', { 'X-User': 'bob' });
    const callback = host.sandbox.consent(String(begun.headers.location));
    const disk = openDatabase(join(dir, 'connect.db'), 'NORMAL');
    disk.exec('ALTER TABLE sessions RENAME TO lost');
    const { ada, connect } = host;
    for (const ask of [ada.status(), ada.measures(), ada.disconnect(), connect.list()]) {
      const error = await ask.catch((thrown) => thrown);
      expect(error).toBeInstanceOf(Problem);
      expect(error).toMatchObject({ code: 'store-unavailable', cause: { code: 'SQLITE_ERROR' } });
    }
    const left = await visit(host).post('/withings/disconnect', {}, { 'X-User': 'ada' });
    expect([left.status, left.text]).toEqual([503, 'store-unavailable']);
    const back = await bob.get(callback, { 'X-User': 'bob', Accept: 'application/json' });
    expect([back.status, back.text]).toEqual([503, 'store-unavailable']);
    disk.exec('ALTER TABLE lost RENAME TO sessions');
    disk.close();
  });
});
