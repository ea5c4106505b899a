import { describe, expect, test } from '@jest/globals';
import { type CallCount, HOUR_MS } from '../../src/store/call-counts.ts';
import type { BusyDay } from '../../src/tokens/daily-use.ts';
import { createRateLimit } from '../../src/tokens/quota.ts';
import { createWithings } from '../../src/withings/client.ts';
import {
  PRIORITIES,
  type Priority,
  type RateLimit,
  type Turn,
  type Wanted,
  waitForTurn,
} from '../../src/withings/rate-limit.ts';

/** A client with which nothing is ever sent, and the priorities at which it asked for a turn. */
function unsent(auth: 'secret' | 'signature', wait = 60_000) {
  const asked: Priority[] = [];
  const rateLimit: RateLimit = async ({ priority }) => {
    asked.push(priority);
    return wait;
  };
  const withings = createWithings({ ...options(auth), rateLimit });
  return { withings, asked };
}

function options(auth: 'secret' | 'signature') {
  return {
    issuer: 'eu' as const,
    clientId: 'client',
    clientSecret: 'the-client-secret',
    scope: ['user.metrics'],
    auth,
    authorizeUrl: 'https://account.example/oauth2_user/authorize2',
    apiUrl: 'http://127.0.0.1:9/',
    timeoutMs: 1000,
    redirectUri: 'https://app.example/callback',
    now: () => 0,
  };
}

const { signal } = new AbortController();
const since = new Date(0);

describe.each(['secret', 'signature'] as const)('with auth by %s', (auth) => {
  test.each<[Priority, string, (withings: ReturnType<typeof unsent>['withings']) => Promise<unknown>]>([
    ['code', 'redeem', (withings) => withings.redeem('code')],
    ['token', 'refresh', (withings) => withings.refresh('refresh')],
    ['token', 'recover', (withings) => withings.recover('363')],
    ['token', 'revoke', (withings) => withings.revoke('363')],
    ['token', 'the proof of a pair', (withings) => withings.at('token').probe('access', [], since)],
    ['data', 'a check by a visitor', (withings) => withings.probe('access', [], since)],
    ['data', 'measures', (withings) => withings.measures('access', [1], since, since)],
    ['data', 'devices', (withings) => withings.devices('access')],
    ['data', 'an end of subscriptions', (withings) => withings.subscriptions('access')],
    ['background', 'subscriptions', (withings) => withings.at('background', signal).subscriptions('access')],
    [
      'background',
      'missed news',
      (withings) => withings.at('background', signal).hasChanged('access', 'nights', since),
    ],
    ['background', 'a check', (withings) => withings.at('background', signal).probe('access', [], since)],
  ])('%s: %s', async (priority, _call, make) => {
    const { withings, asked } = unsent(auth);
    expect(await make(withings)).toMatchObject({
      ok: false,
      refusal: { code: 'quota-used-up', sent: false },
    });
    expect(asked).toEqual([priority]);
  });
});

describe('the wait for a turn', () => {
  /** Every turn is 900 ms away; how often it was asked for before it was given up. */
  async function tries(priority: Priority, more: { signal?: AbortSignal; sleep?: () => Promise<void> } = {}) {
    let asked = 0;
    const wait = async () => {
      asked += 1;
      return 900;
    };
    const wanted = { priority, calls: 1, person: null };
    expect(await waitForTurn(wait, wanted, more.signal, more.sleep ?? (async () => {}))).toBe(900);
    return asked;
  }

  test.each<[Priority, number]>([
    ['token', 3],
    ['code', 3],
    ['data', 3],
    ['background', 12],
  ])('%s: two seconds where somebody waits, ten where nobody does', async (priority, times) => {
    expect(await tries(priority)).toBe(times);
  });

  test('it ends when the signal says so, and the turn that comes then is not taken', async () => {
    const ending = new AbortController();
    const sleep = async () => ending.abort();
    expect(await tries('background', { signal: ending.signal, sleep })).toBe(1);
  });

  test('a wait that is under way is cut short', async () => {
    const { withings, asked } = unsent('secret', 9000);
    const ending = new AbortController();
    let answer: unknown;
    const asking = withings
      .at('background', ending.signal)
      .devices('access')
      .then((refused) => {
        answer = refused;
      });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    await turn();
    expect([asked.length, answer]).toEqual([1, undefined]);
    ending.abort();
    await turn();
    expect(answer).toMatchObject({ refusal: { code: 'quota-used-up', retryAfterSeconds: 9 } });
    await asking;
  });
});

/** Turns of a process whose store lets everything in until `away`, and what it was told. */
function turns(callsPerMinute = 120) {
  const clock = { now: 0 };
  const state = { away: false };
  const [ended, known, reported]: [[string, number, number][], number[], unknown[]] = [[], [], []];
  const [counts, days]: [CallCount[], BusyDay[]] = [[], []];
  const rateLimit = createRateLimit(callsPerMinute, {
    store: {
      async takeCalls(wanted) {
        known.push(wanted.known);
        if (state.away) throw new Error('away');
        return { id: 'a turn', calls: wanted.calls };
      },
      async endCalls(id, made, busy) {
        ended.push([id, made, busy]);
      },
      async readCallCounts() {
        if (state.away) throw new Error('away');
        return counts;
      },
    },
    monotonic: () => clock.now,
    now: () => clock.now,
    onBusyDay: (day) => days.push(day),
    timeoutMs: 1000,
    onError: (error) => reported.push(error),
  });
  async function take(calls: number, priority: Priority = 'data'): Promise<Turn> {
    const turn = await rateLimit({ priority, calls, person: 'ann' });
    if (typeof turn === 'number') throw new Error(`wait ${turn}`);
    return turn;
  }
  return { rateLimit, take, clock, state, ended, known, reported, counts, days };
}

describe('a turn', () => {
  const done = async () => 'done';

  test('is good for its calls, and no more', async () => {
    const { take, ended } = turns();
    const turn = await take(2);
    expect([await turn.use(done), await turn.use(done), turn.use(done)]).toEqual(['done', 'done', null]);
    turn.end();
    turn.end();
    expect(ended).toEqual([['a turn', 2, 0]]);
  });

  test('ends when the last of its calls is answered, not before', async () => {
    const { take, ended, known, clock } = turns();
    const turn = await take(3);
    let answer = (_: string) => {};
    const call = turn.use(
      () =>
        new Promise<string>((resolve) => {
          answer = resolve;
        }),
    );
    turn.end();
    expect([turn.left(), turn.use(done), ended]).toEqual([0, null, []]);
    clock.now += 20_000;
    answer('done');
    await call;
    expect(ended).toEqual([['a turn', 1, 0]]);
    clock.now += 54_000; // counts for a minute from its answer, less five seconds for clocks that differ
    await take(1);
    clock.now += 2000;
    await take(1);
    expect(known).toEqual([0, 1, 1]);
  });

  test('of a call that failed counts as well', async () => {
    const { take, ended } = turns();
    const turn = await take(1);
    await expect(turn.use(() => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
    turn.end();
    expect(ended).toEqual([['a turn', 1, 0]]);
  });

  test('counts which of its calls Withings refused as too many', async () => {
    const { take, ended } = turns();
    const turn = await take(2);
    await turn.use(done, (answer) => answer === 'done');
    await turn.use(done, (answer) => answer !== 'done');
    turn.end();
    expect(ended).toEqual([['a turn', 2, 1]]);
  });

  test('has nothing left when it has waited for half a minute', async () => {
    const { take, clock } = turns();
    const turn = await take(2);
    clock.now += 30_000;
    expect(turn.left()).toBe(2);
    clock.now += 1;
    expect([turn.left(), turn.use(done)]).toEqual([0, null]);
  });

  test('a call that its list did not know of goes on with it, in the name of the same person', async () => {
    const asked: Wanted[] = [];
    const rateLimit: RateLimit = async (wanted) => {
      asked.push(wanted);
      return 60_000;
    };
    const withings = createWithings({ ...options('secret'), rateLimit });
    const turn: Turn = {
      priority: 'data',
      person: 'ann',
      left: () => 0,
      use: () => null,
      end() {},
    };
    await withings.at(turn).devices('access');
    expect(asked).toEqual([{ priority: 'data', person: 'ann', isBegun: true, calls: 1 }]);
  });
});

test('without a store to count turns, what is valid goes on serving; new tokens and the background wait', async () => {
  const { rateLimit, state, reported } = turns();
  state.away = true;
  const waits: unknown[] = [];
  for (const priority of PRIORITIES) {
    const turn = await rateLimit({ priority, calls: 1, person: null });
    waits.push(typeof turn === 'number' ? turn : turn.left());
  }
  expect(waits).toEqual([1000, 1, 1, 1000]);
  expect(reported).toHaveLength(4);
});

test('a day on which most of the quota is used is told once, and the next one again', async () => {
  const { take, clock, counts, days, reported } = turns();
  const allowed = 172_800;
  async function called(hour: number, calls: number) {
    counts.push({ hour, calls, busy: 0 });
    clock.now = hour + 30 * 60_000;
    (await take(1)).end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await called(0, 120_959);
  expect(days).toEqual([]);
  await called(HOUR_MS, 1);
  await called(2 * HOUR_MS, 1000);
  expect(days).toEqual([{ calls: 120_960, allowed }]);
  await called(24 * HOUR_MS, 120_000);
  expect(days).toHaveLength(1);
  await called(25 * HOUR_MS, 1000);
  expect(days).toEqual([
    { calls: 120_960, allowed },
    { calls: 121_000, allowed },
  ]);
  expect(reported).toEqual([]);
});

test('how much was called is looked up every ten minutes, not at every call', async () => {
  const { take, clock, state, reported } = turns();
  const turn = [await take(1), await take(1), await take(1)];
  state.away = true;
  for (const at of [0, 599_999, 600_000]) {
    clock.now = at;
    turn.pop()?.end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(reported).toHaveLength(2);
});

test('without a store a process makes no more calls than are allowed to all, and the store hears of them', async () => {
  const { rateLimit, take, state, known, ended } = turns(10);
  state.away = true;
  for (const calls of [5, 5]) {
    const turn = await take(calls);
    for (let call = 0; call < calls; call += 1) await turn.use(async () => {});
    turn.end();
  }
  expect(await rateLimit({ priority: 'data', calls: 1, person: null })).toBe(1000);
  state.away = false;
  await take(1);
  expect(known.at(-1)).toBe(10);
  expect(ended).toEqual([]);
});
