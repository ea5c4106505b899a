import { describe, expect, test } from '@jest/globals';
import { createRateLimit } from '../../src/tokens/quota.ts';
import { createWithings } from '../../src/withings/client.ts';
import { PRIORITIES, type Priority, type RateLimit, waitForTurn } from '../../src/withings/rate-limit.ts';

/** A client with which nothing is ever sent, and the priorities at which it asked for a turn. */
function unsent(auth: 'secret' | 'signature', wait = 60_000) {
  const asked: Priority[] = [];
  const rateLimit: RateLimit = async ({ priority }) => {
    asked.push(priority);
    return wait;
  };
  const withings = createWithings({
    issuer: 'eu',
    clientId: 'client',
    clientSecret: 'the-client-secret',
    scope: ['user.metrics'],
    auth,
    authorizeUrl: 'https://account.example/oauth2_user/authorize2',
    apiUrl: 'http://127.0.0.1:9/',
    timeoutMs: 1000,
    redirectUri: 'https://app.example/callback',
    now: () => 0,
    rateLimit,
  });
  return { withings, asked };
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

test('without a store to count turns, what is valid goes on serving; new tokens and the background wait', async () => {
  const reported: unknown[] = [];
  const fails = () => Promise.reject(new Error('away'));
  const rateLimit = createRateLimit(120, {
    store: { takeCalls: fails, endCalls: fails },
    monotonic: () => 0,
    timeoutMs: 1000,
    onError: (error) => reported.push(error),
  });
  const waits: unknown[] = [];
  for (const priority of PRIORITIES) {
    const turn = await rateLimit({ priority, calls: 1, person: null });
    waits.push(typeof turn === 'number' ? turn : turn.use());
  }
  expect(waits).toEqual([1000, true, true, 1000]);
  expect(reported).toHaveLength(4);
});
