import { type CallCountStore, callsOfDay } from '../store/call-counts.ts';
import { DAY_MS } from '../time/clocks.ts';

/** A day on which much of what the quota allows was used. */
export interface BusyDay {
  calls: number;
  /** What the quota allows in a day. */
  allowed: number;
}

export interface DailyUseParts {
  store: CallCountStore;
  now: () => number;
  onError: (error: unknown) => void;
  /** Told once a day, and by each process. */
  onBusyDay: (day: BusyDay) => void;
}

/** That is when to talk to Withings about a larger quota. */
const BUSY = 0.7;
const LOOK_EVERY_MS = 10 * 60_000;

/** @returns to be called whenever calls were made; looks now and then whether it is a busy day */
export function watchDailyUse(callsPerMinute: number, parts: DailyUseParts): () => void {
  const { store, now, onError, onBusyDay } = parts;
  const allowed = callsPerMinute * 24 * 60;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let toldOn = -1;

  async function look(at: number): Promise<void> {
    const calls = callsOfDay(await store.readCallCounts(), at);
    const day = Math.floor(at / DAY_MS);
    if (calls < allowed * BUSY || toldOn === day) return;
    toldOn = day;
    onBusyDay({ calls, allowed });
  }

  return () => {
    const at = now();
    if (Math.abs(at - lookedAt) < LOOK_EVERY_MS) return;
    lookedAt = at;
    look(at).catch(onError);
  };
}
