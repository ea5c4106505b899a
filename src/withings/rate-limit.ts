import { setTimeout as timeout } from 'node:timers/promises';

/** Whose calls go first when the quota is short: what keeps connections, new connections, visits, and the rest. */
export const PRIORITIES = ['token', 'code', 'data', 'background'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Calls that somebody wants to make, all of them or none. */
export interface Wanted {
  priority: Priority;
  calls: number;
  /** Whose they are, who keeps a place in line until then; null: nobody does. */
  person: string | null;
  /** They go on with a turn that was given: nobody comes before them. */
  isBegun?: boolean;
}

/** Calls that may be made now. */
export interface Turn {
  readonly priority: Priority;
  readonly person: string | null;
  /** How many of them may still be begun: none when they have waited too long. */
  left(): number;
  /** Makes one of them. Null: none is left. `isBusy`: the answer says that there were too many. */
  use<T>(call: () => Promise<T>, isBusy?: (answer: T) => boolean): Promise<T> | null;
  /** No more of them are begun. What is left goes to others when those that are under way have ended. */
  end(): void;
}

/** Gives a turn, or says after how many milliseconds it makes sense to ask again. */
export type RateLimit = (wanted: Wanted) => Promise<Turn | number>;

/** Somebody waits for the call: by then it is better to say that it cannot be made. */
export const MAX_WAIT_MS = 2000;
export const MAX_BACKGROUND_WAIT_MS = 10_000;

/** Told how a turn came, and after how long. */
export type OnTurn = (priority: Priority, result: 'at_once' | 'waited' | 'refused', waitedMs: number) => void;

/** Resolves after so many milliseconds, or at once when `signal` aborts. */
export type Wait = (ms: number, signal?: AbortSignal) => Promise<unknown>;

/** Nobody counts. */
export const UNLIMITED: RateLimit = async ({ priority, person }) => ({
  priority,
  person,
  left: () => Number.POSITIVE_INFINITY,
  use: (call) => call(),
  end() {},
});

/**
 * Waits for a turn, until `signal` aborts or that has taken too long. Resolves to the turn, or else to the milliseconds
 * that are still missing.
 */
export async function waitForTurn(
  rateLimit: RateLimit,
  wanted: Wanted,
  signal?: AbortSignal,
  sleep: Wait = unlessAborted,
  onTurn: OnTurn = () => {},
): Promise<Turn | number> {
  const { priority } = wanted;
  const most = priority === 'background' ? MAX_BACKGROUND_WAIT_MS : MAX_WAIT_MS;
  for (let waited = 0; ; ) {
    const turn = await rateLimit(wanted);
    if (typeof turn !== 'number') {
      onTurn(priority, waited === 0 ? 'at_once' : 'waited', waited);
      return turn;
    }
    if (waited + turn <= most) {
      await sleep(turn, signal);
      waited += turn;
      if (!signal?.aborted) continue;
    }
    onTurn(priority, 'refused', waited);
    return turn;
  }
}

function unlessAborted(ms: number, signal?: AbortSignal): Promise<unknown> {
  return timeout(ms, undefined, { signal }).catch(() => {});
}
