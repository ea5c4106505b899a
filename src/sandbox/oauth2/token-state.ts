import { HOUR, SECOND, YEAR } from '../clock.ts';
import type { Pair } from './pairs.ts';

/** Documented: three hours and one year. */
export const ACCESS_LIFE = 10_800 * SECOND;
export const REFRESH_LIFE = YEAR;
/** Documented: how long a replaced refresh token still works while the new access token is unused. */
const GRACE = 8 * HOUR;

export interface Standing {
  state: 'live' | 'in grace' | 'dead';
  why: string | null;
}

const live: Standing = { state: 'live', why: null };

export function accessStanding(pair: Pair, now: number): Standing {
  const ended = endOf(pair, now);
  if (ended) return dead(ended);
  return now < pair.issued_at + ACCESS_LIFE ? live : dead('its three hours are over');
}

export function refreshStanding(pair: Pair, now: number): Standing {
  const ended = endOf(pair, now) ?? pair.spent_why;
  if (ended) return dead(ended);
  if (now >= pair.issued_at + REFRESH_LIFE) return dead('its year is over');
  if (pair.replaced_at === null) return live;
  if (now >= pair.replaced_at + GRACE) return dead('replaced more than eight hours ago');
  return { state: 'in grace', why: 'replaced, and the new access token is not used yet' };
}

function endOf(pair: Pair, now: number): string | null {
  const unlinked = pair.unlinks_at !== null && now >= pair.unlinks_at;
  return pair.ended_why ?? (unlinked ? 'a demo user is unlinked after one day' : null);
}

function dead(why: string): Standing {
  return { state: 'dead', why };
}
