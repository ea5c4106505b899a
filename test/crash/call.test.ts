import { describe, expect, jest, test } from '@jest/globals';
import { survives } from './judge.ts';
import type { Moment, TokenOrData } from './provider.ts';
import { connectedTown, DUE } from './town.ts';

jest.setTimeout(30_000);

/** A refresh is due and somebody comes; at this moment of this call of the program, it is killed from outside. */
async function killedAt(call: TokenOrData, moment: Moment, visit: 'look' | 'press' = 'look') {
  const town = await connectedTown();
  const { provider, program, visitor } = town;
  town.pass(DUE);
  const struck = provider.strike(call, moment, () => {
    program.kill('SIGKILL');
    return 'drop';
  });
  const press = () => visitor.post('/refresh').then(() => visitor.get('/api/measures'));
  const visiting = visit === 'look' ? visitor.get('/dashboard') : press();
  visiting.then(nothing, nothing);
  await struck;
  return { ...(await survives(town)), provider };
}

const nothing = () => {};

describe('killed at the token call', () => {
  test('sent, and Withings has made no pair: the sweeper sends it again', async () => {
    const { refreshes, grant, provider } = await killedAt('/v2/oauth2', 'arrival');
    expect(refreshes).toEqual({ atKill: 0, swept: 1 });
    expect(await provider.isUsed(grant.swept.refreshToken)).toBe(true);
  });

  test('the pair is made, no byte of the answer is out: the old token buys another, without a visitor', async () => {
    const { refreshes, grant, provider } = await killedAt('/v2/oauth2', { bytes: 0 });
    expect(refreshes).toEqual({ atKill: 1, swept: 2 });
    expect(await provider.isUsed(grant.swept.refreshToken)).toBe(true);
    const [, lost] = await provider.pairs();
    expect(lost?.used).toBe(false);
  });

  test('in the middle of the answer, wherever that is, or at its end', async () => {
    const parts = [1, 200, 'all'] as const;
    const runs = await Promise.all(parts.map((bytes) => killedAt('/v2/oauth2', { bytes })));
    for (const { refreshes, grant, provider } of runs) {
      expect(refreshes.atKill).toBe(1);
      expect(await provider.isUsed(grant.swept.refreshToken)).toBe(true);
    }
  });
});

describe('killed at the first use of the new token', () => {
  test.each<[string, Moment]>([
    ['sent, and Withings has not seen it', 'arrival'],
    ['Withings has seen it and retired the token before it', { bytes: 0 }],
  ])('%s: the pair in the record is the one that counts', async (_when, moment) => {
    const { refreshes, grant, provider } = await killedAt('/measure', moment, 'press');
    expect(refreshes).toEqual({ atKill: 1, swept: 1 });
    expect(grant.atKill.previousRefreshToken).not.toBeNull();
    expect(grant.swept.refreshToken).toBe(grant.atKill.refreshToken);
    const [, second] = await provider.pairs();
    const kept = await provider.introspect(grant.atKill.refreshToken);
    expect(kept).toMatchObject({ ...second, used: true });
    expect(grant.swept.previousRefreshToken).toBeNull();
  });
});
