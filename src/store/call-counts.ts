import { DAY_MS } from '../time/clocks.ts';

/** Calls to Withings that were made within an hour. */
export interface CallCount {
  /** When it began, milliseconds since 1970. */
  hour: number;
  calls: number;
  /** How many of them Withings refused as too many, or as a repeat (601). */
  busy: number;
}

/** How much all processes have called, for who looks after the program. */
export interface CallCountStore {
  /** Of the last month, the oldest first; hours without calls are left out. A crash of the host may cost the last ones. */
  readCallCounts(): Promise<CallCount[]>;
}

export const HOUR_MS = 3_600_000;
export const COUNTS_KEPT_MS = 31 * DAY_MS;

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

/** Of the day, as UTC has it, in which that is. */
export function callsOfDay(counts: CallCount[], at: number): number {
  const day = Math.floor(at / DAY_MS);
  return counts.reduce((all, { hour, calls }) => (Math.floor(hour / DAY_MS) === day ? all + calls : all), 0);
}
