import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after so many milliseconds, or at once when `signal` aborts. Does not keep the process alive. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<unknown>;

export const pause: Pause = (ms, signal) => sleep(ms, undefined, { signal, ref: false }).catch(() => {});
