import type { Store } from './session/store.ts';
import type { Pace, Rank } from './withings/turns.ts';

/** In any minute there are at most as many calls as Withings allows: three parts evenly spaced, one part at once. */
const AT_ONCE = 1 / 4;

/** Of what may come at once, how much each rank may use up: the rest is room for those before it. */
const SHARE: Record<Rank, number> = { token: 1, code: 0.8, data: 0.6 };

const STORE_AWAY_MS = 1000;

/**
 * The quota of this application, which all instances have together. Withings counts per application: 120 calls a minute,
 * more by contract (Withings, "Notifications").
 */
export function createPace(
  store: Pick<Store, 'pace'>,
  callsPerMinute: number,
  report: (error: unknown) => void,
): Pace {
  const atOnce = callsPerMinute * AT_ONCE;
  const spacingMs = 60_000 / (callsPerMinute - atOnce);
  return (rank) =>
    store.pace(spacingMs, Math.max(1, Math.floor(atOnce * SHARE[rank]))).catch((error) => {
      report(error);
      // Nobody can tell whose turn it is. What is still valid goes on serving; no new tokens are fetched for a store
      // that could not keep them.
      return rank === 'token' ? STORE_AWAY_MS : 0;
    });
}
