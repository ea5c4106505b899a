import { expect, jest, test } from '@jest/globals';
import { works } from './judge.ts';
import { countSessions } from './record.ts';
import { connectedTown, HOUR, MINUTE, type Plan } from './town.ts';

jest.setTimeout(30_000);

/**
 * A browser that is connected connects once more, and the program dies while it signs in. A minute later it runs
 * again; the browser comes with its old cookie, and then repeats the visit that was cut off.
 */
async function killedAt(plan: Plan) {
  const town = await connectedTown();
  const { visitor, program, pass } = town;
  const callback = await visitor.consent(await visitor.begin(), 'Allow');
  town.plan(plan);
  visitor.get(callback).then(nothing, nothing);
  expect(await program.ended()).toBe('SIGKILL');

  pass(MINUTE);
  town.plan(null);
  await town.start({ SWEEP_SECONDS: '1', WITHINGS_TIMEOUT_MS: '1000' });
  const sessions = await countSessions(town.dataDir);
  const asBefore = await works(town);
  const again = (await visitor.get(callback)).status;
  const after = await works(town);
  pass(8 * HOUR + 30 * MINUTE);
  return { sessions, asBefore, again, after, later: await works(town) };
}

const nothing = () => {};

const WELL = { measures: 200, state: 'connected' };
const OUTSIDE = { measures: 401, state: 'not-connected' };

/** What makes the sign-in durable. */
const SIGN_IN = { at: '^COMMIT', nth: 1, after: '^INSERT INTO sessions' } as const;

test('killed during a sign-in: the old session goes on, and there is no other', async () => {
  const plans: Plan[] = [
    { at: '^INSERT INTO sessions', nth: 1, deed: 'kill after' },
    { at: '^DELETE FROM sessions', nth: 1, deed: 'kill after' },
    { ...SIGN_IN, deed: 'kill before' },
    { ...SIGN_IN, deed: 'tear', keep: 0.9 },
  ];
  const runs = await Promise.all(plans.map(async (plan) => ({ plan, ...(await killedAt(plan)) })));
  const stillOpen = 503; // for the ten minutes that an attempt lives
  expect(runs).toEqual(
    plans.map((plan) => ({ plan, sessions: 1, asBefore: WELL, again: stillOpen, after: WELL, later: WELL })),
  );
});

test('killed after it: the new session waits for the browser that repeats its visit, and there is no other', async () => {
  const run = await killedAt({ ...SIGN_IN, deed: 'kill after' });
  expect(run).toEqual({ sessions: 1, asBefore: OUTSIDE, again: 303, after: WELL, later: WELL });
});
