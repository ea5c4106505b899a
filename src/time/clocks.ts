import { setTimeout as sleep } from 'node:timers/promises';

/** Handed in wherever time matters, so that tests move it. */
export interface Clocks {
  /** Milliseconds since 1970. With the sandbox embedded, its movable clock runs on top of this one. */
  now: () => number;
  /** Milliseconds of a clock that never steps and that all processes of this host share. */
  monotonic: () => number;
  /** Milliseconds between things that nobody waits for. */
  sleep: (ms: number) => Promise<unknown>;
}

/** This machine's clocks. */
export const clocks: Clocks = {
  now: Date.now,
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: (ms) => sleep(ms),
};

/** A wait that holds up no exit. */
export function unhurried(ms: number): Promise<void> {
  return sleep(ms, undefined, { ref: false });
}

export const DAY_MS = 86_400_000;
