import type { Store } from '../store/store.ts';
import type { Priority, RateLimit } from '../withings/rate-limit.ts';

/** In any minute there are at most as many calls as Withings allows: three parts evenly spaced, one part at once. */
const AT_ONCE = 1 / 4;

/** Of what may come at once, how much each priority may use up: the rest is room for those before it. */
const SHARE: Record<Priority, number> = { token: 1, code: 0.8, data: 0.6, background: 0.2 };

const STORE_AWAY_MS = 1000;

/**
 * The quota of this application, which all instances have together. Withings counts per application: 120 calls a minute,
 * more by contract (Withings, "Notifications").
 */
export function createRateLimit(
  store: Pick<Store, 'takeCall'>,
  callsPerMinute: number,
  onError: (error: unknown) => void,
): RateLimit {
  const atOnce = callsPerMinute * AT_ONCE;
  const spacingMs = 60_000 / (callsPerMinute - atOnce);
  return (priority) =>
    store.takeCall(spacingMs, Math.max(1, Math.floor(atOnce * SHARE[priority]))).catch((error) => {
      onError(error);
      // Nobody can tell whose turn it is. What is still valid goes on serving; no new tokens are fetched for a store
      // that could not keep them, and what nobody waits for can wait.
      return priority === 'token' || priority === 'background' ? STORE_AWAY_MS : 0;
    });
}
