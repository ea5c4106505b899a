import { HOUR, SECOND, YEAR } from '../clock.ts';
import type { Pair } from './pairs.ts';

/** Documented: three hours and one year. */
export const ACCESS_TOKEN_LIFETIME = 10_800 * SECOND;
export const REFRESH_TOKEN_LIFETIME = YEAR;
/** Documented: how long a replaced refresh token still works while the new access token is unused. */
const GRACE = 8 * HOUR;

export interface TokenState {
  state: 'live' | 'in grace' | 'dead';
  why: string | null;
}

const live: TokenState = { state: 'live', why: null };

export function accessTokenState(pair: Pair, now: number): TokenState {
  const ended = endOf(pair, now);
  if (ended) return dead(ended);
  return now < pair.issued_at + ACCESS_TOKEN_LIFETIME ? live : dead('its three hours are over');
}

export function refreshTokenState(pair: Pair, now: number): TokenState {
  const ended = endOf(pair, now) ?? pair.spent_why;
  if (ended) return dead(ended);
  if (now >= pair.issued_at + REFRESH_TOKEN_LIFETIME) return dead('its year is over');
  if (pair.replaced_at === null) return live;
  if (now >= pair.replaced_at + GRACE) return dead('replaced more than eight hours ago');
  return { state: 'in grace', why: 'replaced, and the new access token is not used yet' };
}

function endOf(pair: Pair, now: number): string | null {
  const unlinked = pair.unlinks_at !== null && now >= pair.unlinks_at;
  return pair.ended_why ?? (unlinked ? 'a demo user is unlinked after one day' : null);
}

function dead(why: string): TokenState {
  return { state: 'dead', why };
}
