import { describe, expect, test } from '@jest/globals';
import { type CallCountStore, COUNTS_KEPT_MS, HOUR_MS } from '../../src/store/call-counts.ts';
import { PLACE_KEPT_MS, type Quota, type RateLimitStore, WINDOW_MS } from '../../src/store/rate-limit.ts';
import { quotaOf } from '../../src/tokens/quota.ts';
import { PRIORITIES, type Priority } from '../../src/withings/rate-limit.ts';

const HELD_MS = 100_000;
const LATENCY_MS = 200;

interface Opened {
  store: RateLimitStore & CallCountStore;
  another: RateLimitStore & CallCountStore;
  hostClock: { now: number };
}

/** A line that two processes share, and when each call went out. */
async function lineOf(open: () => Promise<Opened>, calls = 120, change: Partial<Quota> = {}) {
  const { store, another, hostClock } = await open();
  hostClock.now = 1_000_000;
  const quota = { ...quotaOf(calls, HELD_MS), ...change };
  const sent: number[] = [];
  const ending: { at: number; end: () => Promise<void> }[] = [];
  let turns = 0;

  /** 0: let in, and all calls made; else milliseconds to wait. */
  async function take(priority: Priority, wanted = 1, person: string | null = null, isBegun = false) {
    const { now } = hostClock;
    for (const { at, end } of ending) {
      if (at > now) continue;
      hostClock.now = at;
      await end();
    }
    hostClock.now = now;
    ending.splice(0, ending.length, ...ending.filter(({ at }) => at > hostClock.now));
    turns += 1;
    const process = turns % 2 ? store : another;
    const asked = { priority, calls: wanted, person, isBegun, process: 'a process', known: 0 };
    const admission = await process.takeCalls(asked, quota);
    if ('waitMs' in admission) return admission.waitMs;
    for (let call = 0; call < admission.calls; call += 1) sent.push(hostClock.now);
    const end = () => process.endCalls(admission.id, admission.calls, 0, 0);
    ending.push({ at: hostClock.now + LATENCY_MS, end });
    return 0;
  }
  return { store, quota, sent, take, clock: hostClock };
}

function mostInAMinute(sent: number[]): number {
  return Math.max(0, ...sent.map((at) => sent.filter((each) => each >= at && each < at + WINDOW_MS).length));
}

/** What the quota of calls to Withings promises, whichever store keeps it. */
export function rateLimitContract(name: string, open: () => Promise<Opened>): void {
  describe(`${name}: the rate limit`, () => {
    test.each(PRIORITIES)(
      '%s alone: never more than the quota in any minute, and nearly all of it',
      async (priority) => {
        const { take, sent, clock, quota } = await lineOf(open);
        for (let round = 0; round < 1500 && clock.now < 1_000_000 + 4 * WINDOW_MS; round += 1) {
          clock.now += (await take(priority)) || 20;
        }
        expect(mostInAMinute(sent)).toBeLessThanOrEqual(quota.most[priority]);
        const perMinute = sent.length / ((clock.now - 1_000_000) / WINDOW_MS);
        expect(perMinute).toBeGreaterThan(Math.min(114, quota.most[priority]) - 1);
      },
    );

    test('a crowd: whole visits or nothing, new connections get through, and never more than the quota', async () => {
      const { take, sent, clock } = await lineOf(open);
      let [pages, connected] = [0, 0];
      for (let tenth = 0; tenth < 1000; tenth += 1) {
        clock.now += 100;
        if (tenth % 2 === 0 && (await take('data', 5, `visitor ${tenth}`)) === 0) pages += 1;
        if (tenth % 20 === 7 && (await take('code')) === 0) connected += 1;
      }
      expect(pages).toBeGreaterThanOrEqual(30); // of 500
      expect(connected).toBeGreaterThanOrEqual(45); // of 50
      expect(mostInAMinute(sent)).toBeLessThanOrEqual(120);
    });

    /** Of ten calls a minute visits of two have taken all they can for now. */
    async function full() {
      const line = await lineOf(open, 10);
      const visit = (person: string) => line.take('data', 2, person);
      while ((await line.take('data', 2)) === 0);
      return { ...line, visit };
    }

    test('first come, first served: who comes when due is let in before those who came later', async () => {
      const { visit, clock } = await full();
      const wait = await visit('ann');
      clock.now += 10;
      expect(await visit('ben')).toBeGreaterThan(wait);
      clock.now += wait - 10;
      expect(await visit('cleo')).toBeGreaterThan(0);
      expect(await visit('ann')).toBe(0);
    });

    test('a place that nobody comes for goes to others', async () => {
      const { visit, clock } = await full();
      clock.now += await visit('ann');
      expect(await visit('ben')).toBeGreaterThan(0);
      clock.now += PLACE_KEPT_MS;
      expect(await visit('ben')).toBe(0);
    });

    test('whoever asks too early keeps the place', async () => {
      const { visit, clock } = await full();
      const wait = await visit('ann');
      await visit('ben');
      clock.now += Math.floor(wait / 2);
      const left = await visit('ann');
      expect(left).toBeLessThanOrEqual(wait / 2 + 1);
      clock.now += left;
      expect(await visit('ann')).toBe(0);
    });

    test('nobody comes in twice before those who wait', async () => {
      const { take, clock } = await lineOf(open, 10);
      expect(await take('data', 2, 'ann')).toBe(0);
      while ((await take('data', 2)) === 0);
      const wait = await take('data', 2, 'ben');
      clock.now += wait - 1; // there is room for one, and ben is not due yet
      expect(await take('data', 2, 'ann')).toBeGreaterThan(0);
      clock.now += 1;
      expect(await take('data', 2, 'ben')).toBe(0);
    });

    test('room that comes sooner than told goes to newcomers, not to who was let in already', async () => {
      const { take, store, quota } = await lineOf(open);
      const wanted = { priority: 'data', calls: 5, process: 'one', known: 0 } as const;
      const turn = await store.takeCalls({ ...wanted, person: null }, quota);
      expect(await take('data', 5, 'ann')).toBe(0);
      while ((await take('data', 1)) === 0);
      expect(await take('data', 5, 'ben')).toBeGreaterThan(0);
      await store.endCalls('id' in turn ? turn.id : '', 0, 0, 0);
      expect(await take('data', 5, 'ann')).toBeGreaterThan(0);
      expect(await take('data', 5, 'cleo')).toBe(0);
    });

    test('whoever comes late borrows what could have been borrowed meanwhile, for five seconds', async () => {
      const { take, clock } = await lineOf(open);
      while ((await take('data', 5)) === 0);
      clock.now += 20_000;
      expect(await take('data', 5)).toBe(0);
      expect(await take('data', 5)).toBe(0);
      expect(await take('data', 5)).toBeGreaterThan(0);
    });

    test('what has begun is told when a call comes free, not when somebody may begin', async () => {
      const { take, clock } = await lineOf(open);
      while ((await take('data', 5)) === 0);
      clock.now += 30_000;
      while ((await take('data', 5)) === 0);
      while ((await take('data', 1, 'ann', true)) === 0 && clock.now > 0);
      const [newcomer, begun] = [await take('data', 5, 'ben'), await take('data', 1, 'cleo', true)];
      expect(begun).toBeLessThan(newcomer);
    });

    test('what others leave is lent little by little, so that they get it back at once', async () => {
      const { take, clock } = await lineOf(open);
      const allTheyCan = async () => {
        while ((await take('data')) === 0);
      };
      for (let second = 0; second < 120; second += 1) {
        await allTheyCan();
        clock.now += 1000;
      }
      let codes = 0;
      for (let second = 0; second < 60; second += 1) {
        codes += Number((await take('code')) === 0);
        await allTheyCan();
        clock.now += 2000;
      }
      expect(codes).toBeGreaterThanOrEqual(58); // one every two seconds, within its floor
    });

    test('what somebody waits for within their floor is lent to nobody', async () => {
      const { take, clock } = await lineOf(open);
      for (let step = 0; step < 600; step += 1) {
        while ((await take('token')) === 0);
        clock.now += 200;
      }
      const begun = clock.now;
      while (clock.now - begun < 20_000 && (await take('data', 5, 'ann')) > 0) {
        clock.now += 200;
        while ((await take('token')) === 0);
      }
      expect(clock.now - begun).toBeLessThan(4000);
    });

    test('codes never take more than half of it, so that junk leaves the rest to people', async () => {
      const { take, sent, clock } = await lineOf(open);
      for (let second = 0; second < 120; second += 1) {
        while ((await take('code')) === 0);
        clock.now += 1000;
      }
      expect(mostInAMinute(sent)).toBeLessThanOrEqual(60);
      expect(await take('data', 5)).toBe(0);
    });

    /** Two calls a minute, and nobody to borrow from. */
    async function two() {
      const { store, clock } = await lineOf(open);
      const shares = { token: 2, code: 0, data: 0, background: 0 };
      const quota = {
        calls: 2,
        floors: shares,
        most: shares,
        headroom: 0,
        perPerson: 2,
        places: 0,
        heldMs: HELD_MS,
      };
      const wanted = { priority: 'token', calls: 2, person: null, process: 'one', known: 0 } as const;
      const take = async () => {
        const admission = await store.takeCalls(wanted, quota);
        return 'id' in admission ? admission.id : null;
      };
      return { store, clock, take };
    }

    test('what was not used goes to others; what was counts for a minute from its end', async () => {
      const { store, clock, take } = await two();
      await store.endCalls(String(await take()), 0, 0, 0);
      const id = String(await take());
      expect(await take()).toBeNull();
      clock.now += 30_000;
      await store.endCalls(id, 2, 0, 0);
      clock.now += WINDOW_MS - 1;
      expect(await take()).toBeNull();
      clock.now += 1;
      expect(await take()).not.toBeNull();
    });

    test('a turn of somebody who died counts until its last call must have ended', async () => {
      const { clock, take } = await two();
      await take();
      clock.now += HELD_MS - 1;
      expect(await take()).toBeNull();
      clock.now += 1;
      expect(await take()).not.toBeNull();
    });

    test('what the store has lost is counted again by those who made the calls', async () => {
      const { store, quota } = await lineOf(open);
      const wanted = { priority: 'data', calls: 1, person: null, process: 'one' } as const;
      expect(await store.takeCalls({ ...wanted, known: 120 }, quota)).toHaveProperty('waitMs');
      expect(await store.takeCalls({ ...wanted, process: 'two', known: 0 }, quota)).toHaveProperty('waitMs');
    });

    test('what was lost weighs on nobody in particular', async () => {
      const { store, quota } = await lineOf(open);
      const wanted = { calls: 1, person: 'ann', process: 'one' } as const;
      expect(await store.takeCalls({ ...wanted, priority: 'code', known: 80 }, quota)).toHaveProperty('id');
      for (const priority of ['code', 'data'] as const) {
        const admission = await store.takeCalls({ ...wanted, priority, process: 'two', known: 0 }, quota);
        expect(admission).toHaveProperty('id');
      }
    });

    test('whoever comes when told is served at the pace of the quota', async () => {
      const { take, clock, sent } = await lineOf(open);
      const people = Array.from({ length: 60 }, (_, index) => ({ name: `person ${index}`, at: clock.now }));
      let asked = 0;
      while (people.length > 0) {
        const [next, ...later] = people.sort((a, b) => a.at - b.at);
        if (!next) break;
        clock.now = Math.max(clock.now, next.at);
        const waitMs = await take('data', 5, next.name);
        asked += 1;
        if (waitMs > 0) next.at = clock.now + waitMs + 500;
        else people.splice(0, people.length, ...later);
      }
      expect(sent).toHaveLength(300);
      expect(asked).toBeLessThan(130); // nearly everybody is told the truth at once
      expect(clock.now - 1_000_000).toBeLessThan(2.5 * WINDOW_MS);
      expect(mostInAMinute(sent)).toBeLessThanOrEqual(120);
    });

    test('one person never takes all of it, however much they ask for', async () => {
      const { take, clock, sent, quota } = await lineOf(open);
      for (let tenth = 0; tenth < 1300; tenth += 1) {
        clock.now += 100;
        if (await take('data', 3, 'ann')) await take('data', 1, 'ann', true);
      }
      expect(mostInAMinute(sent)).toBe(quota.perPerson);
      expect(await take('data', 5, 'ben')).toBe(0);
      expect(await take('data', 3, 'ann')).toBeGreaterThan(0);
    });

    test('whoever has had enough is told when there is more, and gets it then', async () => {
      const { take, clock } = await lineOf(open);
      while ((await take('data', 3, 'ann')) === 0) clock.now += 10;
      const waitMs = await take('data', 3, 'ann');
      expect(waitMs).toBeGreaterThan(WINDOW_MS / 2);
      clock.now += waitMs;
      expect(await take('data', 3, 'ann')).toBe(0);
    });

    test('a visit that has begun goes on before anybody begins', async () => {
      const { take, visit, clock } = await full();
      expect(await visit('ann')).toBeGreaterThan(0);
      clock.now += await take('data', 1, 'ben', true);
      expect(await take('data', 1, 'cleo')).toBeGreaterThan(0);
      expect(await take('data', 1, 'ben', true)).toBe(0);
      expect(await visit('ann')).toBeGreaterThan(0);
    });

    test('what goes on leaves the place of the person who waits to begin as it is', async () => {
      const { take, visit, clock } = await full();
      await visit('ann');
      for (let person = 0; person < 20; person += 1) {
        clock.now += 1;
        await visit(`person ${person}`);
      }
      while ((await take('data', 1, 'ann', true)) > 0) clock.now += 100;
      expect(await visit('ann')).toBeLessThan(await visit('person 19'));
    });

    test('a crowd at one priority takes nobody a place at another', async () => {
      const { take } = await lineOf(open, 120, { places: 2 });
      while ((await take('data', 5)) === 0);
      while ((await take('background', 1)) === 0);
      for (const page of ['one', 'two', 'three']) await take('background', 1, page);
      const waits = [];
      for (const person of ['ann', 'ben', 'cleo', 'dan']) waits.push(await take('data', 5, person));
      const [ann = 0, ben = 0, cleo, dan] = waits;
      expect(ben).toBeGreaterThan(ann);
      expect(cleo).toBeGreaterThan(ben);
      expect(dan).toBe(cleo); // no place was left for cleo
    });

    test.each([
      [120, 4],
      [30, 2],
      [10, 2],
    ])(
      'of %i a minute: a refresh of %i calls gets through a rush that does not end',
      async (calls, refresh) => {
        const { take, clock, sent } = await lineOf(open, calls);
        let people = 0;
        const rush = async () => {
          for (let more = 0; more < 5; more += 1) await take('data', 1);
          people += 1;
          await take('data', 5, `person ${people}`);
        };
        for (let second = 0; second < 60; second += 1) {
          await rush();
          clock.now += 1000;
        }
        for (const priority of ['token', 'background'] as const) {
          const begun = clock.now;
          while (clock.now - begun < 2 * WINDOW_MS && (await take(priority, refresh, 'ann')) > 0) {
            await rush();
            clock.now += 500;
          }
          expect(clock.now - begun).toBeLessThan(2 * WINDOW_MS);
          expect(sent.slice(-refresh)).toEqual(Array.from({ length: refresh }, () => clock.now));
        }
      },
    );

    test('a visit larger than its share begins all the same', async () => {
      const { take } = await lineOf(open, 10);
      expect(await take('data', 9, 'ann')).toBe(0);
    });

    test('calls are counted by the hour for a month, and how many were too many', async () => {
      const { store, another } = await open();
      const at = 1_750_000_000_000;
      const hour = at - (at % HOUR_MS);
      await store.endCalls('one', 5, 1, hour - COUNTS_KEPT_MS - 1);
      await store.endCalls('two', 5, 1, hour - COUNTS_KEPT_MS);
      await another.endCalls('three', 2, 0, hour);
      await store.endCalls('four', 3, 2, hour + HOUR_MS - 1);
      await store.endCalls('five', 0, 0, hour + HOUR_MS);
      expect(await another.readCallCounts()).toEqual([
        { hour: hour - COUNTS_KEPT_MS, calls: 5, busy: 1 },
        { hour, calls: 5, busy: 2 },
      ]);
    });

    test('a clock that was set back stops nobody', async () => {
      const { take, clock } = await lineOf(open);
      const letIn = async () => {
        let visits = 0;
        while ((await take('data', 5)) === 0) visits += 1;
        return visits;
      };
      clock.now = 900_000_000;
      const before = await letIn();
      await take('data', 5, 'ann');
      clock.now = 1_000_000;
      expect(await letIn()).toBe(before);
    });
  });
}
