import { describe, expect, test } from '@jest/globals';
import { atEnd, tempDir } from '../support/machine.ts';
import { drain, rush, rushOnTwo } from '../support/rushes.ts';
import { createTown, MINUTE } from '../support/town.ts';

/** One person, whose token has run out. */
async function village() {
  const town = await createTown({ dir: tempDir(), people: 1 });
  atEnd(town.close);
  return town;
}

describe('people whose tokens have run out come in a rush of 100 seconds', () => {
  test('five a second, and new ones besides: pages with data, and nearly all who connect', async () => {
    const { shown, connected, served, most } = await rush(tempDir(), 5, { withNew: true });
    expect(shown.size).toBeGreaterThanOrEqual(20);
    expect(connected).toBeGreaterThanOrEqual(45);
    expect(most).toBeLessThanOrEqual(120);
    expect(new Set(served.map(({ person }) => person))).toEqual(shown); // no call for a page that shows nothing
    expect(served).toHaveLength(5 * shown.size); // a refresh and four of data, of which the first is the proof
  });

  test('one a second', async () => {
    const { shown, most } = await rush(tempDir(), 1);
    expect(shown.size).toBeGreaterThanOrEqual(24);
    expect(most).toBeLessThanOrEqual(120);
  });

  test('two instances with 30 calls a minute serve alike', async () => {
    expect(Math.min(...(await rushOnTwo(tempDir())))).toBeGreaterThanOrEqual(3);
  });
});

test('unfinished refreshes are finished at the pace of the quota, the oldest first', async () => {
  const { calls, aMinute, most } = await drain(tempDir());
  expect(new Set(calls.map(({ person }) => person)).size).toBe(300);
  expect(calls).toHaveLength(600); // a token and a proof each
  expect(aMinute).toBeGreaterThanOrEqual(110);
  expect(most).toBeLessThanOrEqual(120);
});

test('whoever comes again within five minutes costs no call', async () => {
  const { calls, clock, view } = await village();
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
  const { process, clock, grantOf, view } = await village();
  await view(1);
  const asked = clock.now;
  clock.now += 10 * MINUTE;
  while ((await process.withings.redeem('code')).ok || (await process.withings.devices('access-2')).ok);
  const { data, stale } = await process.loader.readAll(await grantOf(1), 30, null);
  expect(data.measures.ok).toBe(true);
  expect(stale).toMatchObject({ askedAt: asked, refusal: { code: 'quota-used-up' } });
});
