/** How sure it is whose a measure is, or how it was made: typed in when the account was made is `set-up`. */
export type Attribution = 'sure' | 'ambiguous' | 'set-up';

/** One measured value in its unit (kg, %, mmHg …; see meastypes.ts). */
export interface Measure {
  type: number;
  value: number;
  at: Date;
  attribution: Attribution;
  /** Which part of the body, where the device says so (Withings, "position"); null and WHOLE_BODY: all of it. */
  position: number | null;
}

/** What was counted on a calendar day where the person lives. Distance in m, active time in s; null: not known. */
export interface ActivityDay {
  date: string;
  steps: number;
  distance: number | null;
  activeSeconds: number | null;
}

/** The stages of a sleep, in seconds. Null: a device that does not know this one. */
export interface Stages {
  deep: number;
  rem: number | null;
  light: number;
  awake: number | null;
}

/** One sleep of one device, a night or a nap, under the day it ended on. */
export interface Night {
  date: string;
  start: Date;
  end: Date;
  /** Null: not known. */
  asleepSeconds: number | null;
  /** Null: a device that does not tell them apart. */
  stages: Stages | null;
  score: number | null;
}

export interface Device {
  /** Withings' own name of it, which tells two of one model apart. Null: it has none. */
  id: string | null;
  /** What kind it is: "Scale". Null: Withings does not say. */
  type: string | null;
  model: string | null;
  battery: 'high' | 'medium' | 'low' | 'unknown';
  firstSeen: Date | null;
  lastSeen: Date | null;
}

/** What the person wants to reach. Null: no such goal. */
export interface Goals {
  steps: number | null;
  sleepSeconds: number | null;
  weightKg: number | null;
}

/** An electrocardiogram, without its signal. */
export interface Recording {
  at: Date;
  heartRate: number | null;
  /** Signs of atrial fibrillation, as the device judged. Null: not said. */
  afib: 'negative' | 'positive' | 'inconclusive' | null;
}

export interface Workout {
  start: Date;
  end: Date;
  /** Withings, "Measure v2 - Getworkouts": 1 walk, 2 run, 6 bicycling … */
  category: number;
  /** In m. */
  distance: number | null;
}

/** Rows of one service, with what holds for all of them. */
export interface List<T> {
  rows: T[];
  /** Where the person lives as Withings says, an IANA name; null: it says nothing. */
  timezone: string | null;
  /** There are more than were fetched: nothing may be said about all of them. */
  isCut: boolean;
}
