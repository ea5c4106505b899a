import { describe, expect, jest, test } from '@jest/globals';
import { survives } from './judge.ts';
import { connectedTown, DUE, type Plan } from './town.ts';

jest.setTimeout(30_000);

/** The writes of one refresh, in their order. */
const INTENT = 1;
const PAIR = 2;
const CONFIRMATION = 3;

/** A refresh is pressed and data are asked for, and the program dies at this write of the grant. */
async function killedAt(nth: number, deed: Plan['deed'], keep = 0) {
  const town = await connectedTown();
  town.pass(DUE);
  town.plan({ at: '^UPDATE grants', nth, deed, keep });
  const pressed = town.visitor.post('/refresh');
  pressed.then(() => town.visitor.get('/api/measures')).then(nothing, nothing); // which proves the pair
  const after = await survives(town);
  return { ...after, provider: town.provider };
}

const nothing = () => {};

describe('killed around the intent', () => {
  test('before it is written: nothing has happened', async () => {
    const { refreshes, grant } = await killedAt(INTENT, 'kill before');
    expect(refreshes).toEqual({ atKill: 0, swept: 0 });
    expect(grant.swept).toEqual(grant.atKill);
  });

  test('while it is written: it is there or it is not', async () => {
    const runs = await Promise.all([0.3, 0.9].map((keep) => killedAt(INTENT, 'tear', keep)));
    for (const { refreshes } of runs) expect(refreshes.atKill).toBe(0);
  });

  test('after it, before the call: the sweeper refreshes, without a visitor', async () => {
    const { refreshes, grant, provider } = await killedAt(INTENT, 'kill after');
    expect(refreshes).toEqual({ atKill: 0, swept: 1 });
    expect(grant.atKill.intent).not.toBeNull();
    expect(await provider.isUsed(grant.swept.refreshToken)).toBe(true);
  });
});

describe('killed around the new pair', () => {
  test('received, before it is written: the old token buys another', async () => {
    const { refreshes, grant, provider } = await killedAt(PAIR, 'kill before');
    expect(refreshes).toEqual({ atKill: 1, swept: 2 });
    expect(await provider.isUsed(grant.swept.refreshToken)).toBe(true);
  });

  test('while it is written: the old record or the new one, nothing between', async () => {
    const runs = await Promise.all([0.3, 0.9].map((keep) => killedAt(PAIR, 'tear', keep)));
    for (const { refreshes, grant } of runs) {
      expect(refreshes).toEqual({ atKill: 1, swept: 2 });
      expect(grant.atKill.intent).not.toBeNull();
    }
  });

  test('after it, before its first use: both tokens are kept, and the sweeper proves the new one', async () => {
    const { refreshes, grant, provider } = await killedAt(PAIR, 'kill after');
    expect(refreshes).toEqual({ atKill: 1, swept: 1 });
    expect(grant.atKill.previousRefreshToken).not.toBeNull();
    expect(grant.swept.refreshToken).toBe(grant.atKill.refreshToken);
    expect(await provider.isUsed(grant.swept.refreshToken)).toBe(true);
  });
});

describe('killed around the confirmation', () => {
  test.each<[string, Plan['deed'], number]>([
    ['before it is written', 'kill before', 0],
    ['while it is written', 'tear', 0.5],
  ])('%s: it is repeated', async (_when, deed, keep) => {
    const { refreshes, grant } = await killedAt(CONFIRMATION, deed, keep);
    expect(refreshes).toEqual({ atKill: 1, swept: 1 });
    expect(grant.atKill.previousRefreshToken).not.toBeNull();
    expect(grant.swept).toMatchObject({ previousRefreshToken: null, intent: null });
    expect(grant.swept.refreshToken).toBe(grant.atKill.refreshToken);
  });
});
