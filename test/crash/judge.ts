import { expect } from '@jest/globals';
import type { Grant } from '../../src/store/grant.ts';
import { REFRESH } from '../support/sandbox.ts';
import type { Program } from './program.ts';
import { HOUR, MINUTE, type Town } from './town.ts';

/** What the provider's books and the sweeper did between the kill and the next visit. */
export interface Aftermath {
  program: Program;
  /** Refresh calls that the provider had served when the program died, and when the sweeper was done. */
  refreshes: { atKill: number; swept: number };
  grant: { atKill: Grant; swept: Grant };
}

/**
 * The program was killed. A minute later it is started again, and without any visitor it puts things in order; the
 * eight hours go by in which the provider still takes a replaced token; then the person comes with the same cookie.
 */
export async function survives(town: Town): Promise<Aftermath> {
  const { provider, visitor, pass } = town;
  expect(await town.program.ended()).toBe('SIGKILL');
  const atKill = { grant: await town.grant(), refreshes: await provider.calls(REFRESH) };
  expect(await isHeld(town, atKill.grant)).toBe(true);

  pass(MINUTE);
  town.plan(null);
  const program = await town.start({ SWEEP_SECONDS: '1' });
  await town.swept();
  const swept = { grant: await town.grant(), refreshes: await provider.calls(REFRESH) };
  expect(await isHeld(town, swept.grant)).toBe(true);

  pass(8 * HOUR + 30 * MINUTE);
  expect(await works(town)).toEqual({ measures: 200, state: 'connected' });
  expect((await visitor.get('/dashboard')).text).toContain('Connected');
  expect(await isHeld(town, await town.grant())).toBe(true);
  expect(town.usedTooEarly).toEqual([]);
  return {
    program,
    refreshes: { atKill: atKill.refreshes, swept: swept.refreshes },
    grant: { atKill: atKill.grant, swept: swept.grant },
  };
}

export async function works({ visitor }: Pick<Town, 'visitor'>) {
  const measures = await visitor.json('/api/measures');
  const connection = await visitor.json('/api/connection');
  return { measures: measures.status, state: connection.body.state };
}

/** The provider takes at least one of the refresh tokens that are durable. */
export async function isHeld({ provider }: Pick<Town, 'provider'>, grant: Grant): Promise<boolean> {
  const tokens = [grant.refreshToken, grant.previousRefreshToken].filter((token) => token !== null);
  const pairs = await Promise.all(tokens.map(provider.introspect));
  return pairs.some((pair) => pair !== null && pair.refreshState !== 'dead');
}
