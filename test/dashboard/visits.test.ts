import { describe, expect, test } from '@jest/globals';
import { createAnswerCache } from '../../src/dashboard/answer-cache.ts';
import type { Question } from '../../src/dashboard/questions.ts';
import { allTogether } from '../../src/dashboard/stale.ts';
import { createVisits } from '../../src/dashboard/visits.ts';
import type { Grant } from '../../src/store/grant.ts';
import { begun } from '../../src/tokens/changes.ts';
import { type Result, refuse } from '../../src/withings/errors.ts';
import type { Turn, Wanted } from '../../src/withings/rate-limit.ts';

const HOUR = 3_600_000;
const CONNECTED_AT = 1_750_000_000_000;
const pair = { userId: '363', accessToken: 'access-0', refreshToken: 'refresh-0', expiresInSeconds: 10_800 };
const about = { issuer: 'eu' as const, demo: false, askedScope: ['user.metrics'] };
const grant: Grant = {
  ...begun({ ...pair, scope: ['user.metrics'] }, about, CONNECTED_AT),
  id: 'eu:363',
  writeId: 'w',
  leased: false,
  restored: false,
};

const laterBy = (ms: number) => ({
  accessIssuedAt: grant.accessIssuedAt + ms,
  accessExpiresAt: grant.accessExpiresAt + ms,
});

/** Visits to a line whose turns the test gives, and what was asked of it. */
function visiting() {
  const clock = { now: CONNECTED_AT };
  const now = () => clock.now;
  const wanted: Wanted[] = [];
  const waiting: ((turn: Turn | number) => void)[] = [];
  const ended: string[] = [];
  const answers = createAnswerCache({ now, sleep: async () => {}, pubsub: null, name: 'pages' });
  const withings = {
    callsPerRefresh: 1,
    turn: (each: Wanted) => {
      wanted.push(each);
      return new Promise<Turn | number>((resolve) => waiting.push(resolve));
    },
    at: () => ({}) as never,
  };
  const state: { fresh: () => Promise<Result<Grant>> } = { fresh: async () => ({ ok: true, value: grant }) };
  const grants = {
    fresh: () => state.fresh(),
    use: <T>(_: Grant, call: (accessToken: string) => Promise<Result<T>>) => call('access-0'),
  };
  const visit = createVisits({ grants, withings, answers, now, refreshMarginSeconds: 600 });
  const asked: string[] = [];
  function question(key: string, calls = 1): Question<never> {
    const freshness = { forMs: 300_000, newsAt: 0, since: 0 };
    const ask = async () => {
      asked.push(key);
      return { ok: true as const, value: { rows: [], isCut: false } as never };
    };
    return { key, scope: 'user.metrics', freshness, calls, ask };
  }
  const page = (key: string) => visit(grant, [question(key)], ({ ask }) => ask(question(key)));
  const turn: Turn = {
    priority: 'data',
    person: grant.id,
    left: () => 9,
    use: (call) => call(),
    end: () => void ended.push('ended'),
  };
  return { visit, page, question, wanted, waiting, turn, asked, ended, clock, state };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('visits of one person', () => {
  test('a tab with nothing to ask does not let others past the one that waits', async () => {
    const { page, wanted, waiting, turn } = visiting();
    const known = page('known');
    await soon();
    waiting[0]?.(turn);
    await known;
    const first = page('long');
    await soon();
    await page('known');
    const second = page('long');
    await soon();
    expect(wanted).toHaveLength(2);
    for (const give of waiting) give(turn);
    await Promise.all([first, second]);
  });

  test('twenty tabs at once take one turn, and ask what one asks', async () => {
    const { page, wanted, waiting, turn, asked, ended } = visiting();
    const tabs = Array.from({ length: 20 }, () => page('a question'));
    await soon();
    waiting[0]?.(turn);
    for (const answer of await Promise.all(tabs)) expect(answer).toMatchObject({ ok: true });
    expect([wanted, asked, ended]).toEqual([
      [{ priority: 'data', calls: 1, person: grant.id }],
      ['a question'],
      ['ended'],
    ]);
  });

  test('all of them are told the turn that one is told, and the next visit asks for another', async () => {
    const { page, wanted, waiting } = visiting();
    const tabs = Array.from({ length: 20 }, () => page('a question'));
    await soon();
    waiting[0]?.(7000);
    for (const answer of await Promise.all(tabs)) {
      expect(answer).toMatchObject({ refusal: { code: 'quota-used-up', retryAfterSeconds: 7 } });
    }
    expect(wanted).toHaveLength(1);
    void page('a question');
    await soon();
    expect(wanted).toHaveLength(2);
  });

  test('whoever asks something else takes a turn of their own, after the first', async () => {
    const { page, wanted, waiting, turn } = visiting();
    const tabs = [page('one'), page('another')];
    await soon();
    expect(wanted).toHaveLength(1);
    waiting[0]?.(turn);
    await soon();
    waiting[1]?.(turn);
    await Promise.all(tabs);
    expect(wanted).toHaveLength(2);
  });

  test('whoever needs no turn waits for nobody', async () => {
    const { page, wanted, waiting, turn } = visiting();
    const first = page('one');
    await soon();
    waiting[0]?.(turn);
    await first;
    void page('another');
    await soon();
    expect(await page('one')).toMatchObject({ ok: true });
    expect(wanted).toHaveLength(2);
  });

  test('a turn ends, too, where the store failed, and nobody waits for that visit', async () => {
    const { page, waiting, turn, ended, state } = visiting();
    state.fresh = () => Promise.reject(new Error('away'));
    const first = page('a question');
    await soon();
    waiting[0]?.(turn);
    await expect(first).rejects.toThrow('away');
    await soon();
    expect(ended).toEqual(['ended']);
    state.fresh = async () => ({ ok: true, value: grant });
    const second = page('a question');
    await soon();
    waiting[1]?.(turn);
    expect(await second).toMatchObject({ ok: true });
  });

  test('takes no turn where no call can be made: the token has run out and Withings has asked to wait', async () => {
    const { visit, question, wanted, clock, state } = visiting();
    clock.now += 4 * HOUR;
    state.fresh = async () => refuse('withings-unreachable');
    const out = { ...grant, backoffUntil: clock.now + 11_000 };
    const asking = question('a question');
    expect(await visit(out, [asking], ({ ask }) => ask(asking))).toMatchObject({
      refusal: { code: 'withings-unreachable' },
    });
    expect(wanted).toEqual([]);
  });

  test.each([
    ['the tokens that it gets', { ok: true as const, value: { ...grant, ...laterBy(4 * HOUR) } }],
    ['the refusal that it gets', refuse('withings-unreachable')],
  ])('a crowd whose token has run out takes one turn, and goes on with %s', async (_what, result) => {
    const { visit, wanted, waiting, turn, clock, state } = visiting();
    clock.now += 4 * HOUR;
    state.fresh = async () => result;
    const crowd = Array.from({ length: 100 }, () => visit(grant, [], async ({ fresh }) => fresh));
    await soon();
    for (const give of waiting) give(turn);
    for (const fresh of await Promise.all(crowd)) expect(fresh).toEqual(result);
    expect(wanted).toHaveLength(1);
  });

  test.each([
    [1, null],
    [2, 'refresh-before'],
  ])(
    'a refresh that is due takes %i calls more, with previous token %s',
    async (more, previousRefreshToken) => {
      const { visit, question, wanted, clock } = visiting();
      clock.now += 4 * HOUR;
      const asking = question('a question', 3);
      void visit({ ...grant, previousRefreshToken }, [asking], ({ ask }) => ask(asking));
      await soon();
      expect(wanted).toMatchObject([{ calls: 3 + more }]);
    },
  );
});

test('a page is as old as the oldest that it shows, also where something is not known at all', () => {
  const { refusal } = refuse('withings-timeout');
  const { refusal: soonest } = refuse('quota-used-up', { retryAfterSeconds: 5 });
  const { refusal: latest } = refuse('quota-used-up', { retryAfterSeconds: 50 });
  expect(allTogether([])).toBeNull();
  expect(
    allTogether([
      { askedAt: 3000, refusal },
      { askedAt: null, refusal: soonest },
      { askedAt: 2000, refusal: latest },
    ]),
  ).toEqual({ askedAt: 2000, refusal: latest });
  expect(allTogether([{ askedAt: null, refusal: soonest }])).toEqual({ askedAt: null, refusal: soonest });
});
