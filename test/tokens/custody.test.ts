import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { happenings } from '../../src/dashboard/history.ts';
import { METRIC } from '../../src/dashboard/preferences/units.ts';
import { createWording } from '../../src/dashboard/preferences/wording.ts';
import { connectionOf } from '../../src/problems/connection.ts';
import { createEncryption } from '../../src/store/encryption.ts';
import type { Grant, GrantContent, RecordedCode } from '../../src/store/grant.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { RECORD_VERSION } from '../../src/store/sealed-grant.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { hold, release } from '../../src/store/sqlite/restored.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { fingerprint } from '../../src/tokens/changes.ts';
import { createCustody } from '../../src/tokens/custody.ts';
import { createGrants, type Grants } from '../../src/tokens/grants.ts';
import { createSweeper } from '../../src/tokens/sweeper.ts';
import { checkUnlinked } from '../../src/tokens/unlinked.ts';
import { type RefusalCode, type Result, refuse } from '../../src/withings/errors.ts';
import type { TokenPair } from '../../src/withings/oauth2.ts';
import { type RateLimit, type Turn, UNLIMITED, type Wanted } from '../../src/withings/rate-limit.ts';
import { content } from '../store/store-contract.ts';
import { atEnd, tempDir } from '../support/machine.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const ID = 'eu:363';
const START = content.connectedAt;
const wording = createWording({ zone: null, locale: 'en-GB', units: METRIC }, START);
const CALL_MS = 1000;
const LEASE_MS = 2 * CALL_MS + 1000;

/** The real custody on a real store, with a Withings whose every answer the test gives. */
async function custody(change: Partial<GrantContent> = {}) {
  const file = join(tempDir(), 'connect.db');
  const encryption = createEncryption(deriveKeys([randomBytes(32).toString('hex')]).seal);
  const clock = { now: START, mono: 1_000_000 };
  const store = openSqliteStore(file, encryption, () => clock.mono);
  atEnd(() => store.close());
  const session = { key: 'k', data: '{}', idleUntil: 9e15, endsAt: 9e15 };
  await store.signIn({ grant: { id: ID, expected: null, content }, session, replaces: null, attempt: null });
  const write = async (more: Partial<GrantContent>, leaseMs = 0) => {
    const grant = await read();
    const { id: _id, writeId: _writeId, leased: _leased, restored: _restored, ...before } = grant;
    return store.writeGrant(ID, grant.writeId, { ...before, ...more }, leaseMs);
  };
  const read = async (): Promise<Grant> => {
    const grant = await store.readGrant(ID);
    if (!grant) throw new Error('gone');
    return grant;
  };

  const asked: string[] = [];
  const reported: unknown[] = [];
  let minted = 0;
  const script = {
    refresh: async (_token: string): Promise<Result<TokenPair>> => pair(++minted),
    probe: async (_token: string): Promise<Result<null>> => ({ ok: true, value: null }),
  };
  const parts = {
    store,
    withings: {
      issuer: 'eu' as const,
      callsPerRefresh: 1,
      turn: UNLIMITED,
      refresh: (token: string) => {
        asked.push(token);
        return script.refresh(token);
      },
      probe: (token: string) => {
        asked.push(`probe ${token}`);
        return script.probe(token);
      },
    },
    now: () => clock.now,
    monotonic: () => clock.mono,
    sleep: async (ms: number) => {
      clock.mono += ms;
    },
    recover: null,
    callMs: CALL_MS,
    onRefresh: () => {},
    refreshMarginSeconds: 600,
    onError: (error: unknown) => reported.push(error),
  };
  await write(change);
  /** As a request has it: the grant is read, then something is asked of it. */
  const asRequests = (of: Grants) => ({
    ...of,
    fresh: async () => of.fresh(await read()),
    lasting: async () => of.lasting(await read()),
    refresh: async () => of.refresh(await read()),
    use: async <T>(call: (token: string) => Promise<Result<T>>) => of.use(await read(), call),
  });
  const grants = asRequests(createGrants(parts));
  /** A second process on the same store. */
  const elsewhere = asRequests(createGrants(parts));
  return { file, grants, elsewhere, store, clock, asked, script, read, write, reported, parts };
}

function pair(number: number, more: Partial<TokenPair> = {}): Result<TokenPair> {
  const tokens = { accessToken: `access-${number}`, refreshToken: `refresh-${number}` };
  return {
    ok: true,
    value: { ...tokens, userId: '363', scope: ['user.metrics'], expiresInSeconds: 10_800, ...more },
  };
}

function held<T>() {
  let open: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

describe('one refresh, step by step', () => {
  test('fields that only a newer version knows survive all of it', async () => {
    const newer = { v: RECORD_VERSION + 1, hue: { red: 1 } };
    const { grants, read, clock } = await custody(newer as Partial<GrantContent>);
    clock.now += 3 * HOUR;
    expect(await grants.fresh()).toMatchObject({ ok: true, value: newer });
    await grants.attend(ID);
    expect(await read()).toMatchObject({ refreshToken: 'refresh-1', previousRefreshToken: null, ...newer });
  });

  test('codes that only a newer version knows are kept as they are, and read as refusals without a reason', async () => {
    const code = 'on-holiday' as RecordedCode;
    const ended = { code, at: START, probedAt: START };
    const history = [{ what: code, at: START, last: START, times: 1 }];
    const { grants, read, write } = await custody({
      ended,
      history,
      lastRefresh: { at: START, outcome: code },
    });
    expect(await grants.fresh()).toMatchObject({
      refusal: { code: 'withings-refused', remedy: 'reconnect' },
    });
    expect(connectionOf(await read(), null, 0).problem?.code).toBe('withings-refused');
    expect(happenings(await read(), wording)[0]?.words).toBe('Withings refused without saying why');
    await write({ ended: null });
    expect(connectionOf(await read(), null, 0).problem?.code).toBe('withings-refused');
    expect(await read()).toMatchObject({ history, lastRefresh: { outcome: code } });
  });

  test.each<[string, Partial<GrantContent>, number]>([
    ['asked', {}, 0],
    ['due', {}, 3 * HOUR],
    ['refused', { accessRefused: true }, 0],
    ['unfinished', { intent: { token: fingerprint('refresh-0'), since: START } }, 3 * HOUR],
    ['retry', { lastRefresh: { at: START, outcome: 'withings-timeout' } }, 3 * HOUR],
    ['news', { accessRefused: true, unlinked: true }, 0],
  ])('the history says why there are new tokens: %s', async (why, change, later) => {
    const { grants, read, clock } = await custody(change);
    clock.now += later;
    await grants.refresh();
    expect((await read()).history).toEqual([
      { what: 'refreshed', why, at: clock.now, last: clock.now, times: 1 },
    ]);
  });

  test('refreshes of old records, and for reasons of a newer version, are told as what they are', async () => {
    const one = { what: 'refreshed' as const, at: START, last: START, times: 1 };
    const history = [
      one,
      { ...one, last: START + HOUR },
      { ...one, why: 'the moon' },
      { ...one, why: 'constructor' },
    ];
    const { read } = await custody({ history });
    const causes = happenings(await read(), wording).map(({ words, cause }) => `${words}: ${cause}`);
    const plain = 'Refreshed: Withings gave new tokens.';
    expect(causes).toEqual([
      plain,
      plain,
      expect.stringMatching(`^${plain} 2 times, every 1 h on average, until `),
    ]);
  });

  test('intent and lease are durable before the call; the pair with its parent before use; proof clears both', async () => {
    const { grants, read, script, clock } = await custody();
    clock.now += 3 * HOUR;
    const seen: Partial<Grant>[] = [];
    script.refresh = async () => {
      seen.push(await read());
      return pair(1);
    };
    script.probe = async () => {
      seen.push(await read());
      return { ok: true, value: null };
    };
    expect(await grants.fresh()).toMatchObject({ ok: true, value: { accessToken: 'access-1' } });
    await grants.attend(ID);
    const intent = { token: fingerprint('refresh-0'), since: clock.now };
    expect(seen).toMatchObject([
      { refreshToken: 'refresh-0', intent, leased: true, backoffUntil: clock.now + 11_000 },
      { refreshToken: 'refresh-1', previousRefreshToken: 'refresh-0', intent, leased: false },
    ]);
    expect(await read()).toMatchObject({
      refreshToken: 'refresh-1',
      previousRefreshToken: null,
      intent: null,
    });
  });

  test('a proof that fails keeps the parent and is tried again later; a refusal of the token is remembered', async () => {
    const { grants, read, script, clock, asked } = await custody();
    clock.now += 3 * HOUR;
    script.probe = async () => refuse('withings-timeout');
    await grants.fresh();
    expect(await read()).toMatchObject({
      previousRefreshToken: 'refresh-0',
      proveAfter: clock.now + 60_000, // until then the data call for which it was fetched may prove it
    });
    await grants.attend(ID);
    expect(await read()).toMatchObject({
      previousRefreshToken: 'refresh-0',
      proveAfter: clock.now + 300_000,
    });
    script.probe = async () => refuse('access-token-refused', { status: 401 });
    await grants.attend(ID);
    expect(await read()).toMatchObject({ previousRefreshToken: 'refresh-0', accessRefused: true });
    expect(asked).toEqual(['refresh-0', 'probe access-1', 'probe access-1']);
  });

  test('an intent about the present refresh token survives a proof: its answer may still be lost', async () => {
    const intent = { token: fingerprint('refresh-0'), since: START };
    const { grants, read } = await custody({ intent, previousRefreshToken: 'refresh-old' });
    await grants.use(async () => ({ ok: true, value: null }));
    await grants.settled();
    expect((await read()).intent).toEqual(intent);
  });

  test('any data call that goes well is proof', async () => {
    const intent = { token: fingerprint('refresh-old'), since: START };
    const { grants, read, asked } = await custody({ intent, previousRefreshToken: 'refresh-old' });
    await grants.use(async () => ({ ok: true, value: null }));
    await grants.settled();
    expect(await read()).toMatchObject({ intent: null, previousRefreshToken: null });
    expect(asked).toEqual([]);
  });
});

describe('no verdict', () => {
  const unknown: RefusalCode[] = [
    'withings-timeout',
    'withings-unreachable',
    'withings-unreadable',
    'withings-busy',
    'withings-refused',
    'client-refused',
  ];
  test.each(unknown)(
    '%s: the intent stays, the old token serves, nobody asks for 11 seconds',
    async (code) => {
      const { grants, read, script, clock, asked } = await custody();
      clock.now += 3 * HOUR - 60_000;
      script.refresh = async () => refuse(code);
      expect((await grants.fresh()).ok).toBe(true);
      await grants.settled();
      expect(await read()).toMatchObject({
        intent: { token: fingerprint('refresh-0') },
        lastRefresh: { outcome: code },
        leased: false,
        ended: null,
      });
      clock.now += 10_999;
      expect((await grants.refresh()).ok).toBe(true);
      await grants.attend(ID);
      expect(asked).toEqual(['refresh-0']);
      clock.now += 1;
      script.refresh = async () => pair(1);
      await grants.attend(ID); // no visitor needed
      await grants.settled();
      expect(asked).toEqual(['refresh-0', 'refresh-0', 'probe access-1']);
    },
  );

  test('wait_seconds is kept, but no longer than a quarter of an hour', async () => {
    for (const [asks, waits] of [
      [188, 188],
      [86_400, 900],
    ] as const) {
      const { grants, read, script, clock } = await custody();
      clock.now += 3 * HOUR;
      script.refresh = async () => refuse('withings-busy', { status: 601, retryAfterSeconds: asks });
      expect(await grants.fresh()).toMatchObject({ refusal: { retryAfterSeconds: waits } });
      expect((await read()).backoffUntil).toBe(clock.now + waits * 1000);
    }
  });

  test('no answer to a refresh but that of a dead token asks the person to connect again', async () => {
    const { grants, script, clock } = await custody();
    clock.now += 3 * HOUR;
    script.refresh = async () => refuse('scope-missing', { status: 277 });
    expect(await grants.fresh()).toMatchObject({ refusal: { code: 'scope-missing', remedy: 'retry' } });
  });

  test('tokens of somebody else are dropped, and no verdict either', async () => {
    const { grants, read, script, clock } = await custody();
    clock.now += 3 * HOUR;
    script.refresh = async () => pair(1, { userId: '999' });
    expect(await grants.fresh()).toMatchObject({ refusal: { code: 'withings-unreadable' } });
    expect(await read()).toMatchObject({ refreshToken: 'refresh-0', ended: null });
  });

  test('an answer without a user id is about the same person', async () => {
    const { grants, script, clock } = await custody();
    clock.now += 3 * HOUR;
    script.refresh = async () => pair(1, { userId: null });
    expect((await grants.fresh()).ok).toBe(true);
  });
});

describe('refusals', () => {
  const refusing = async () => refuse('refresh-token-refused', { status: 503 });

  test('the previous token is tried before anything is given up', async () => {
    const { grants, read, script, clock, asked } = await custody({ previousRefreshToken: 'refresh-old' });
    clock.now += 3 * HOUR;
    script.refresh = async (token) => (token === 'refresh-old' ? pair(1) : refusing());
    expect((await grants.fresh()).ok).toBe(true);
    expect(asked).toEqual(['refresh-0', 'refresh-old']);
    expect(await read()).toMatchObject({ refreshToken: 'refresh-1', ended: null });
  });

  test('both refused: given up, and said since when', async () => {
    const { grants, read, script, clock, asked } = await custody({ previousRefreshToken: 'refresh-old' });
    clock.now += 3 * HOUR;
    script.refresh = refusing;
    expect(await grants.fresh()).toMatchObject({
      refusal: { code: 'refresh-token-refused', remedy: 'reconnect' },
    });
    expect(asked).toEqual(['refresh-0', 'refresh-old']);
    const ended = { code: 'refresh-token-refused', at: clock.now, probedAt: clock.now };
    expect(await read()).toMatchObject({ ended, intent: null, leased: false });
  });

  test('a refusal is not believed when the record changed meanwhile', async () => {
    const { grants, read, script, clock, write } = await custody();
    clock.now += 3 * HOUR;
    script.refresh = async () => {
      await write({
        accessToken: 'access-9',
        refreshToken: 'refresh-9',
        accessIssuedAt: clock.now,
        accessExpiresAt: clock.now + HOUR,
        backoffUntil: 0,
      });
      return refusing();
    };
    expect(await grants.fresh()).toMatchObject({ ok: true, value: { accessToken: 'access-9' } });
    expect((await read()).ended).toBeNull();
  });

  test('an ended grant is asked about once an hour, and comes back if Withings was wrong', async () => {
    const { grants, read, script, clock, asked } = await custody();
    clock.now += 3 * HOUR;
    const since = clock.now;
    script.refresh = refusing;
    await grants.fresh();
    for (let minutes = 0; minutes < 59; minutes += 1) {
      clock.now += 60_000;
      expect(await grants.fresh()).toMatchObject({ refusal: { remedy: 'reconnect' } });
      await grants.refresh();
      await grants.settled();
    }
    expect(asked).toHaveLength(1);
    clock.now += 60_000;
    await grants.fresh();
    await grants.settled();
    expect(asked).toHaveLength(2);
    expect((await read()).ended?.at).toBe(since);
    clock.now += HOUR;
    script.refresh = async () => pair(1);
    await grants.fresh();
    await grants.settled();
    expect(await grants.fresh()).toMatchObject({ ok: true, value: { ended: null } });
  });
});

describe('data calls', () => {
  test('401: renewed once, repeated once', async () => {
    const { grants, read, asked } = await custody();
    const used: string[] = [];
    const call = async (token: string): Promise<Result<string>> => {
      used.push(token);
      return token === 'access-0'
        ? refuse('access-token-refused', { status: 401 })
        : { ok: true, value: 'data' };
    };
    expect(await grants.use(call)).toEqual({ ok: true, value: 'data' });
    expect(used).toEqual(['access-0', 'access-1']);
    expect(asked[0]).toBe('refresh-0');
    expect((await read()).accessRefused).toBe(false);
  });

  test('401 for the new one too: no third time, and neither is shown again', async () => {
    const { grants, read } = await custody();
    const used: string[] = [];
    const call = async (token: string) => {
      used.push(token);
      return refuse('access-token-refused', { status: 401 });
    };
    expect(await grants.use(call)).toMatchObject({ ok: false });
    expect(used).toEqual(['access-0', 'access-1']);
    expect((await read()).accessRefused).toBe(true);
  });

  test('a token that was rejected is not shown again while its successor cannot be had', async () => {
    const { grants, script, clock } = await custody();
    script.refresh = async () => refuse('withings-timeout');
    const used: string[] = [];
    const call = async (token: string) => {
      used.push(token);
      return refuse('access-token-refused', { status: 401 });
    };
    expect(await grants.use(call)).toMatchObject({ refusal: { code: 'withings-timeout' } });
    clock.now += 5000;
    expect(await grants.use(call)).toMatchObject({ refusal: { remedy: 'retry' } });
    expect(used).toEqual(['access-0']);
  });

  test('401 because somebody else has renewed: their token is used, Withings is not asked again', async () => {
    const { grants, write, asked } = await custody();
    const call = async (token: string): Promise<Result<string>> => {
      if (token === 'access-9') return { ok: true, value: 'data' };
      await write({ accessToken: 'access-9', refreshToken: 'refresh-9' });
      return refuse('access-token-refused', { status: 401 });
    };
    expect(await grants.use(call)).toMatchObject({ ok: true });
    expect(asked).toEqual([]);
  });

  test('401 while another process is at it: its write is not disturbed', async () => {
    const { grants, write, read, asked } = await custody();
    let theirs = '';
    const call = async (_token: string): Promise<Result<string>> => {
      theirs = (await write({}, 60_000))?.writeId ?? '';
      return refuse('access-token-refused', { status: 401 });
    };
    await grants.use(call);
    expect((await read()).writeId).toBe(theirs);
    expect(asked).toEqual([]);
  });

  test('other refusals are the caller’s business', async () => {
    const { grants, asked } = await custody();
    const used = await grants.use(async () => refuse('withings-busy', { status: 601 }));
    expect(used).toMatchObject({ refusal: { code: 'withings-busy' } });
    expect(asked).toEqual([]);
  });
});

describe('several at once', () => {
  test('in one process: one call, one result', async () => {
    const { grants, script, clock, asked } = await custody();
    clock.now += 3 * HOUR;
    const door = held<Result<TokenPair>>();
    script.refresh = () => door.promise;
    const all = Array.from({ length: 1000 }, () => grants.fresh());
    await new Promise(setImmediate);
    door.open(pair(1));
    const states = new Set((await Promise.all(all)).map((fresh) => JSON.stringify(fresh)));
    expect(states.size).toBe(1);
    await grants.settled();
    expect(asked).toEqual(['refresh-0']);
  });

  test('a visit does not wait behind what nobody waits for', async () => {
    const { parts, clock, asked, read } = await custody();
    clock.now += 3 * HOUR;
    const turn: RateLimit = (wanted) =>
      wanted.priority === 'background' ? new Promise(() => {}) : UNLIMITED(wanted);
    const grants = createGrants({ ...parts, withings: { ...parts.withings, turn } });
    void grants.refresh(await read(), 'background');
    expect((await grants.fresh(await read())).ok).toBe(true);
    expect(asked).toEqual(['refresh-0']);
  });

  test('whoever has no turn for all of a refresh leaves nothing behind, and keeps a place', async () => {
    const { parts, clock, asked, read } = await custody({ previousRefreshToken: 'refresh-before' });
    clock.now += 3 * HOUR;
    const wanted: Wanted[] = [];
    const turn = async (each: Wanted) => {
      wanted.push(each);
      return 5000;
    };
    const grants = createGrants({ ...parts, withings: { ...parts.withings, turn } });
    const before = await read();
    const begun: Turn = { priority: 'data', person: ID, left: () => 1, use: () => null, end() {} };
    expect(await grants.fresh(before, begun)).toMatchObject({ refusal: { retryAfterSeconds: 5 } });
    expect(await grants.attend(ID)).toBe(5000);
    expect(wanted).toEqual([
      { priority: 'data', calls: 2, person: ID, isBegun: true },
      { priority: 'token', calls: 2, person: ID, isBegun: false },
    ]);
    expect([asked, (await read()).writeId]).toEqual([[], before.writeId]);
  });

  test('in two processes: the second waits for the first one’s pair', async () => {
    const { grants, elsewhere, script, clock, asked } = await custody();
    clock.now += 3 * HOUR;
    const door = held<Result<TokenPair>>();
    const arrived = held<void>();
    script.refresh = () => {
      arrived.open();
      return door.promise;
    };
    const first = grants.fresh();
    await arrived.promise;
    const second = elsewhere.fresh();
    await new Promise(setImmediate);
    door.open(pair(1));
    expect((await first).ok).toBe(true);
    await second; // whether it saw the pair in time or not, it did not ask for another
    await grants.settled();
    expect(asked).toEqual(['refresh-0']);
  });

  test('a holder that is stopped beyond its lease does not send, and what it holds is not written', async () => {
    const { grants, clock, asked, parts } = await custody();
    clock.now += 3 * HOUR;
    const write = parts.store.writeGrant.bind(parts.store);
    parts.store.writeGrant = async (...args) => {
      const written = await write(...args);
      clock.mono += LEASE_MS; // stopped between the write and the call
      return written;
    };
    await grants.fresh();
    expect(asked).toEqual([]);
  });

  test('nobody waits for ever on a lease', async () => {
    const { grants, write, clock, asked } = await custody();
    clock.now += 3 * HOUR;
    await write({}, 60_000);
    expect(await grants.fresh()).toMatchObject({ refusal: { remedy: 'retry' } });
    expect(asked).toEqual([]);
  });
});

describe('time', () => {
  test.each([
    ['an hour ahead', HOUR, 0],
    ['nine hours ahead', 9 * HOUR, 1],
    ['an hour back', -HOUR, 1],
    ['two days back', -48 * HOUR, 1],
  ])('a clock that steps %s costs at most one call', async (_words, step, calls) => {
    const { grants, clock, asked } = await custody();
    clock.now += step;
    for (let visits = 0; visits < 20; visits += 1) {
      expect((await grants.fresh()).ok).toBe(true);
      await grants.settled();
      clock.now += 1000;
    }
    expect(asked.filter((call) => call.startsWith('refresh'))).toHaveLength(calls);
  });

  test('a wait that was written by a clock two days ahead does not last two days', async () => {
    const { grants, clock, write } = await custody();
    clock.now += 3 * HOUR;
    await write({ backoffUntil: clock.now + 48 * HOUR });
    expect((await grants.fresh()).ok).toBe(true);
  });

  test('never refreshed before three quarters of its life', async () => {
    const { grants, clock, asked } = await custody({ accessExpiresAt: START + 60_000 });
    clock.now += 44_999;
    await grants.fresh();
    await grants.settled();
    expect(asked).toEqual([]);
    clock.now += 1;
    await grants.fresh();
    await grants.settled();
    expect(asked[0]).toBe('refresh-0');
  });
});

describe('a grant that came back with a backup', () => {
  async function restored(change: Partial<GrantContent> = {}) {
    const world = await custody(change);
    const db = openDatabase(world.file, 'FULL');
    atEnd(() => db.close());
    hold(db, START);
    release(db);
    return world;
  }

  test('shows no token to anybody before Withings was asked, once, however good it looks', async () => {
    const { grants, elsewhere, asked, read, clock } = await restored();
    const [first, second] = await Promise.all([grants.fresh(), elsewhere.fresh()]);
    expect([first, second]).toMatchObject([{ value: { accessToken: 'access-1' } }, { ok: true }]);
    expect(asked).toEqual(['refresh-0']);
    expect(await read()).toMatchObject({ restored: false, previousRefreshToken: 'refresh-0' });
    expect((await read()).history.at(-1)).toMatchObject({ what: 'refreshed', why: 'restored' });
    clock.now += 1000;
    await grants.fresh();
    expect(await grants.verify(ID)).toBe(0);
    expect(asked).toEqual(['refresh-0']);
  });

  test('nor without a turn: whoever comes waits for it', async () => {
    const { parts, asked, read } = await restored();
    const grants = createGrants({ ...parts, withings: { ...parts.withings, turn: async () => 7000 } });
    expect(await grants.fresh(await read())).toMatchObject({
      ok: false,
      refusal: { code: 'quota-used-up', retryAfterSeconds: 7 },
    });
    expect(await grants.verify(ID)).toBe(7000);
    expect([asked, (await read()).restored]).toEqual([[], true]);
  });

  test('is not proven by a token that may outlive the chain that it came with', async () => {
    const { grants, asked, read, clock } = await restored({ previousRefreshToken: 'refresh-before' });
    clock.now += 10 * MINUTE;
    await grants.attend(ID);
    expect(asked).toEqual(['refresh-0', 'probe access-1']);
    expect(await read()).toMatchObject({ restored: false, previousRefreshToken: null });
  });

  test('ends for a reason of its own where Withings refuses all that is in it', async () => {
    const { grants, script, asked, read } = await restored({ previousRefreshToken: 'refresh-before' });
    script.refresh = async () => refuse('refresh-token-refused');
    expect(await grants.fresh()).toMatchObject({ ok: false, refusal: { code: 'lost-by-restore' } });
    expect(asked).toEqual(['refresh-0', 'refresh-before']);
    expect(await read()).toMatchObject({ restored: false, ended: { code: 'lost-by-restore' } });
  });

  test('that had ended before keeps its own reason', async () => {
    const ended = { code: 'refresh-token-refused' as const, at: START - HOUR, probedAt: START - HOUR };
    const { grants, script, read } = await restored({ ended });
    script.refresh = async () => refuse('refresh-token-refused');
    await grants.verify(ID);
    expect(await read()).toMatchObject({ restored: false, ended: { ...ended, probedAt: START } });
  });

  test('serves on while Withings gives no verdict', async () => {
    const { grants, script, read } = await restored();
    script.refresh = async () => refuse('withings-timeout');
    expect(await grants.fresh()).toMatchObject({ ok: true, value: { accessToken: 'access-0' } });
    expect(await read()).toMatchObject({ restored: true, intent: { since: START } });
  });
});

describe('the sweeper', () => {
  function sweeperOf(
    { store, grants, clock }: Awaited<ReturnType<typeof custody>>,
    reported: unknown[] = [],
    sendDue: (stopping: AbortSignal) => Promise<void> = async () => {},
    isHeld = async () => false,
  ) {
    return createSweeper({
      store,
      grants,
      outbox: { sendDue },
      withings: { issuer: 'eu' },
      isHeld,
      now: () => clock.now,
      sleep: async () => {},
      sweepSeconds: 30,
      onError: (error) => reported.push(error),
    });
  }

  test('does nothing on a store that is held', async () => {
    const intent = { token: fingerprint('refresh-0'), since: START };
    const world = await custody({ intent, backoffUntil: START + 11_000 });
    const given: AbortSignal[] = [];
    const sendDue = async (stopping: AbortSignal) => void given.push(stopping);
    world.clock.now += HOUR;
    await sweeperOf(world, [], sendDue, async () => true).wake();
    expect([world.asked, given]).toEqual([[], []]);
    expect(await world.read()).toMatchObject({ intent });
  });

  test('finishes a refresh that a crash left open, and proves it', async () => {
    const intent = { token: fingerprint('refresh-0'), since: START };
    const world = await custody({ intent, backoffUntil: START + 11_000 });
    const sweeper = sweeperOf(world);
    await sweeper.wake();
    expect(world.asked).toEqual([]);
    world.clock.now += 11_000;
    await sweeper.wake();
    await world.grants.settled();
    expect(world.asked).toEqual(['refresh-0', 'probe access-1']);
    await sweeper.wake();
    expect(world.asked).toHaveLength(2); // nothing is open any more
  });

  test('leaves what grows old alone while somebody else is at it', async () => {
    const world = await custody({ refreshExpiresAt: START + 365 * 24 * 3_600_000 });
    const grant = await world.read();
    const leased = await world.store.writeGrant(grant.id, grant.writeId, grant, 60_000);
    await world.grants.renewOld(grant.id);
    expect(await world.read()).toEqual(leased);
  });

  test('does not wait for what is given back, which ends when the program does', async () => {
    const intent = { token: fingerprint('refresh-0'), since: START };
    const world = await custody({ intent });
    const giving = (stopping: AbortSignal) =>
      new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve()));
    const sweeper = sweeperOf(world, [], giving);
    const attended = held<void>();
    const { attend } = world.grants;
    world.grants.attend = (id) => attend(id).finally(() => attended.open());
    const round = sweeper.wake();
    await attended.promise;
    const { claimDueGrants } = world.store;
    const again = held<void>();
    world.store.claimDueGrants = async (...asked) => claimDueGrants(...asked).finally(() => again.open());
    world.clock.now += 60_000;
    void sweeper.wake();
    await again.promise; // a next round of refreshes begins, while the first one of the outbox goes on
    await sweeper.stop();
    await round;
    expect(world.asked[0]).toBe('refresh-0');
  });

  test('goes on after a batch of which somebody else had a part', async () => {
    const world = await custody();
    const batches = [['eu:1'], ['eu:2'], []];
    const attended: string[] = [];
    const attend = async (id: string) => {
      attended.push(id);
      return 0;
    };
    const claimDueGrants = async () => batches.shift() ?? [];
    const store = { ...world.store, claimDueGrants };
    await sweeperOf({ ...world, store, grants: { ...world.grants, attend } }).wake();
    expect(attended).toEqual(['eu:1', 'eu:2']);
  });

  test('proves a pair that nobody has used', async () => {
    const intent = { token: fingerprint('refresh-old'), since: START };
    const world = await custody({ intent, previousRefreshToken: 'refresh-old' });
    await sweeperOf(world).wake();
    expect(world.asked).toEqual(['probe access-0']);
    expect(await world.read()).toMatchObject({ previousRefreshToken: null, intent: null });
  });

  test('leaves alone what somebody is at', async () => {
    const world = await custody();
    const intent = { token: fingerprint('refresh-old'), since: START };
    await world.write({ intent, previousRefreshToken: 'refresh-old' }, 60_000);
    await world.grants.attend(ID);
    expect(world.asked).toEqual([]);
  });

  test('a grant that cannot be opened does not stand in the way of others', async () => {
    const world = await custody({ intent: { token: fingerprint('refresh-0'), since: START + 1 } });
    const intent = { token: fingerprint('refresh-0'), since: START }; // older: their turn is before
    for (let i = 0; i < 25; i += 1) {
      const id = `eu:${i}`;
      const session = { key: id, data: '{}', idleUntil: 9e15, endsAt: 9e15 };
      await world.store.signIn({
        grant: { id, expected: null, content },
        session,
        replaces: null,
        attempt: null,
      });
      const writeId = String(await world.store.readWriteId(id));
      await world.store.writeGrant(id, writeId, { ...content, intent }, 0);
    }
    const disk = openDatabase(world.file, 'NORMAL');
    disk.run("UPDATE grants SET sealed = 'of.another.key' WHERE id <> ?", ID);
    disk.close();
    world.clock.now += 11_000;
    const reported: unknown[] = [];
    const sweeper = sweeperOf(world, reported);
    await sweeper.wake(); // goes on for as long as there are more
    expect([reported.length, world.asked]).toEqual([25, ['refresh-0', 'probe access-1']]);
  });

  test('clears away sessions whose time is over', async () => {
    const world = await custody();
    const session = { key: 'old', data: '{}', idleUntil: START + HOUR, endsAt: START + HOUR };
    await world.store.signIn({
      grant: { id: 'eu:1', expected: null, content: { ...content, userId: '1' } },
      session,
      replaces: null,
      attempt: null,
    });
    world.clock.now += HOUR;
    await sweeperOf(world).wake();
    expect(await world.store.readGrant('eu:1')).toBeNull();
    expect(await world.store.readGrant(ID)).not.toBeNull();
  });

  test('clearing away lets others in', async () => {
    const world = await custody();
    let steps = 0;
    const removeExpired = async () => {
      steps += 1;
      return steps < 1000;
    };
    const sweep = sweeperOf({ ...world, store: { ...world.store, removeExpired } }).wake();
    await new Promise((resolve) => setImmediate(resolve));
    expect(steps).toBeLessThan(1000);
    await sweep;
  });

  test.each([
    ['eu:1', ['claim', 'eu:1']],
    ['clear', ['claim', 'eu:1', 'eu:2', 'clear']],
  ])('a stop at %s is heard before the next step', async (moment, expected) => {
    const world = await custody();
    const happened: string[] = [];
    let stopped = Promise.resolve();
    const step = (name: string) => {
      happened.push(name);
      if (name === moment) stopped = sweeper.stop();
    };
    const store = {
      ...world.store,
      async claimDueGrants() {
        step('claim');
        return ['eu:1', 'eu:2'];
      },
      async removeExpired() {
        step('clear');
        return happened.length < 100;
      },
    };
    const attend = async (id: string) => {
      step(id);
      return 0;
    };
    const sweeper = sweeperOf({ ...world, store, grants: { ...world.grants, attend } });
    await sweeper.wake();
    await stopped;
    expect(happened).toEqual(expected);
  });
});

/** The parts as they are put together, with a line of calls in which nobody ever comes to their turn. */
async function withoutTurns(change: Partial<GrantContent> = {}) {
  const { store, clock, parts, read } = await custody(change);
  const asked: string[] = [];
  const withings = {
    issuer: 'eu' as const,
    clientId: 'client',
    clientSecret: 'the-client-secret',
    scope: ['user.metrics'],
    auth: 'secret' as const,
    authorizeUrl: 'https://account.example/oauth2_user/authorize2',
    apiUrl: 'http://127.0.0.1:9/',
    timeoutMs: 1000,
    redirectUri: 'https://app.example/callback',
  };
  const made = createCustody(
    { withings, recover: false, callsPerMinute: 120, refreshMarginSeconds: 600, sweepSeconds: 30 },
    {
      ...parts,
      onRevocation: () => {},
      onSkipped: () => {},
      onNoAnswer: () => {},
      onBusyDay: () => {},
      store: {
        ...store,
        async takeCalls({ priority, calls }) {
          asked.push(`${calls} ${priority}`);
          return { waitMs: 60_000 };
        },
      },
      clocks: { now: () => clock.now, monotonic: () => clock.mono, sleep: parts.sleep },
    },
  );
  return { ...made, asked, read };
}

test('the proof of a pair takes its turn with the tokens', async () => {
  const { sweeper, asked } = await withoutTurns({ previousRefreshToken: 'refresh-before' });
  await sweeper.wake();
  expect(new Set(asked)).toEqual(new Set(['1 token']));
});

test('a press takes its turn with the visits; without one it has changed nothing', async () => {
  const { grants, asked, read } = await withoutTurns();
  const { writeId: _, ...before } = await read();
  const pressed = await grants.press({ ...before, writeId: _ });
  expect(pressed).toMatchObject({ ok: false, refusal: { code: 'quota-used-up', retryAfterSeconds: 60 } });
  expect(asked).toEqual(['1 data']);
  expect(await read()).toMatchObject(before);
});

test('what goes wrong in the background is reported, not lost', async () => {
  const { grants, clock, reported, parts } = await custody();
  clock.now += 3 * HOUR - 60_000;
  parts.store.writeGrant = async () => {
    throw new Error('disk full');
  };
  expect((await grants.fresh()).ok).toBe(true);
  await grants.settled();
  expect(reported).toHaveLength(1);
});

test('a token that lasts is handed out as it is: nobody is asked', async () => {
  const { grants, asked } = await custody({ previousRefreshToken: 'refresh-before' });
  expect(await grants.lasting()).toMatchObject({ ok: true, value: { accessToken: 'access-0' } });
  await grants.settled();
  expect(asked).toEqual([]);
});

describe('other issuers, other chains', () => {
  test('what is open at another issuer is left open', async () => {
    const { parts, clock, asked, read } = await custody({ previousRefreshToken: 'refresh-before' });
    const before = await read();
    const grants = createGrants({ ...parts, withings: { ...parts.withings, issuer: 'us' } });
    await grants.attend(ID);
    expect(await grants.fresh(await read())).toMatchObject({ refusal: { code: 'not-connected' } });
    clock.now += 4 * HOUR;
    await grants.attend(ID);
    await grants.refresh(await read());
    await grants.settled();
    expect(asked).toEqual([]);
    expect(await read()).toEqual(before);
  });

  test('a dead chain is replaced by a recovered one, which lets go of the old', async () => {
    const { parts, clock, script, read } = await custody({ previousRefreshToken: 'refresh-before' });
    clock.now += 4 * HOUR;
    script.refresh = async () => refuse('refresh-token-refused');
    const grants = createGrants({ ...parts, recover: async () => pair(9) });
    expect(await grants.fresh(await read())).toMatchObject({ ok: true, value: { accessToken: 'access-9' } });
    expect(await read()).toMatchObject({
      previousRefreshToken: null,
      intent: null,
      ended: null,
      leased: false,
    });
  });

  test('recovering takes three calls, and nobody else comes between them', async () => {
    const { parts, clock, asked, script, read } = await custody();
    clock.now += 4 * HOUR;
    script.refresh = async () => refuse('refresh-token-refused');
    const elsewhere = createGrants({ ...parts, recover: async () => pair(8) });
    const grants = createGrants({
      ...parts,
      recover: async () => {
        clock.mono += LEASE_MS + CALL_MS; // longer than a refresh may take
        clock.now += 12_000;
        await elsewhere.attend(ID);
        return pair(9);
      },
    });
    expect(await grants.fresh(await read())).toMatchObject({ ok: true, value: { accessToken: 'access-9' } });
    expect(asked).toEqual(['refresh-0']);
  });

  test('an unlink that is told of during a refresh does not cost its pair', async () => {
    const { grants, clock, script, read, parts } = await custody();
    clock.now += 4 * HOUR;
    script.refresh = async () => {
      expect(await checkUnlinked({ ...parts, grants }, ID)).toBe('undecided');
      return pair(1);
    };
    expect((await grants.fresh()).ok).toBe(true);
    expect(await read()).toMatchObject({ accessToken: 'access-1', unlinked: false });
  });

  test('a token that is of no use is not shown to Withings because of an unlink', async () => {
    const { grants, clock, asked, parts } = await custody();
    clock.now += 4 * HOUR;
    expect(await checkUnlinked({ ...parts, grants }, ID)).toBe('still-linked');
    expect(asked[0]).toBe('refresh-0');
    await grants.settled();
  });

  test('an unlink that Withings cannot confirm leaves the grant as it was', async () => {
    const { grants, script, read, parts } = await custody();
    const before = await read();
    script.probe = async () => refuse('withings-timeout');
    expect(await checkUnlinked({ ...parts, grants }, ID)).toBe('undecided');
    expect(await read()).toEqual(before);
  });

  test.each([
    ['somebody else’s tokens', pair(9, { userId: '364' }), null],
    ['no answer', refuse('withings-timeout'), null],
    ['our own mistake', refuse('client-refused'), null],
    ['a refusal', refuse('withings-refused', { status: 503 }), 'refresh-token-refused'],
    ['a dead code', refuse('code-refused', { status: 503 }), 'refresh-token-refused'],
    ['a failed authentication', refuse('access-token-refused', { status: 100 }), 'refresh-token-refused'],
  ])(
    'recovered with %s: nothing is kept, and it has ended only on a refusal',
    async (_what, answer, ended) => {
      const { parts, clock, script, read } = await custody();
      clock.now += 4 * HOUR;
      script.refresh = async () => refuse('refresh-token-refused');
      const grants = createGrants({ ...parts, recover: async () => answer });
      await grants.fresh(await read());
      const after = await read();
      expect(after.refreshToken).toBe('refresh-0');
      expect(after.ended?.code ?? null).toBe(ended);
    },
  );
});
