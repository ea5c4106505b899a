import { setTimeout as timeout } from 'node:timers/promises';

/** Whose call goes first when the quota is short: what keeps connections, new connections, visits, and the rest. */
export type Priority = 'token' | 'code' | 'data' | 'background';

/** Asks for a turn to call Withings. 0: go; else milliseconds until it makes sense to ask again. */
export type RateLimit = (priority: Priority) => Promise<number>;

/** Somebody waits for the call: by then it is better to say that it cannot be made. */
export const MAX_WAIT_MS = 2000;
export const MAX_BACKGROUND_WAIT_MS = 10_000;

/**
 * Waits for a turn, until `signal` aborts or that has taken too long. Resolves to 0 when it has come, or else to the
 * milliseconds that are still missing.
 */
export async function waitForCall(
  rateLimit: RateLimit,
  priority: Priority,
  signal?: AbortSignal,
  sleep = (ms: number) => timeout(ms, undefined, { signal }).catch(() => {}),
): Promise<number> {
  let left = priority === 'background' ? MAX_BACKGROUND_WAIT_MS : MAX_WAIT_MS;
  for (;;) {
    const wait = await rateLimit(priority);
    left -= wait;
    if (wait === 0 || left < 0) return wait;
    await sleep(wait);
    if (signal?.aborted) return wait;
  }
}
