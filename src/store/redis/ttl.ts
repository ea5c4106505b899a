/** So long our own sweeper has to end things in order. */
const GRACE_MS = 3_600_000;

/**
 * The server's own limit, an hour behind ours.
 *
 * @returns milliseconds from `now` on
 */
export function ttlOf(until: number, now: number): number {
  return Math.max(1, Math.ceil(until - now + GRACE_MS));
}
