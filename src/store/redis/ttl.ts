const HOUR = 3_600_000;

/**
 * The server's own limit, an hour behind ours: so long our sweeper has to end things in order.
 *
 * @returns milliseconds from `now` on
 */
export function ttlOf(until: number, now: number): number {
  return Math.max(1, Math.ceil(until - now + HOUR));
}
