import { setTimeout as sleep } from 'node:timers/promises';
import { oneAtATime } from './one-at-a-time.ts';

/** Work that is done again and again, never twice at a time. */
export interface Schedule {
  /** Does it now, and again so long after each time it has ended. */
  start(): void;
  /** Does it now, and once more if it is being done. Resolves when it has come to rest. */
  wake(): Promise<void>;
  /** Begins no more. Resolves when what is under way has ended. */
  stop(): Promise<void>;
}

export interface ScheduleOptions {
  onError: (error: unknown) => void;
  sleep?: Pause;
}

/** @param work is handed the signal by which it is asked to come to an end */
export function every(
  seconds: number,
  work: (stopping: AbortSignal) => Promise<unknown>,
  { onError, sleep = pause }: ScheduleOptions,
): Schedule {
  const stopping = new AbortController();
  const { signal } = stopping;
  const wake = oneAtATime(async () => {
    if (!signal.aborted) await work(signal);
  }, onError);

  async function repeat(): Promise<void> {
    while (!signal.aborted) {
      await wake();
      await sleep(seconds * 1000, signal);
    }
  }

  return {
    start: () => void repeat(),
    wake,
    async stop() {
      stopping.abort();
      await wake();
    },
  };
}

/** Resolves after so many milliseconds, or at once when `signal` aborts. Does not keep the process alive. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<unknown>;

export const pause: Pause = (ms, signal) => sleep(ms, undefined, { signal, ref: false }).catch(() => {});
