import type { Priority, Wanted } from '../withings/rate-limit.ts';

/** What this application may call in any 60 seconds, and how its priorities share it. */
export interface Quota {
  /** Calls in any 60 seconds. */
  calls: number;
  /** What each priority is not denied, together no more than all. What it does not use is lent. */
  floors: Record<Priority, number>;
  /** What each may have at most, lent calls included. */
  most: Record<Priority, number>;
  /** What is never lent, for whoever has not begun yet. */
  headroom: number;
  /** No person has more at a priority, whoever else is there: what is shared needs a share for each. */
  perPerson: number;
  /** So many at most have places in line at a priority: it bounds what is stored, and how long anybody waits. */
  places: number;
  /** A call counts for so long from when it was let in, should nobody say when it ended; milliseconds. */
  heldMs: number;
}

export interface CallsWanted extends Wanted {
  /** The process that asks, and how many calls of its own it knows to count: what the store has lost it counts again. */
  process: string;
  known: number;
}

/** Let in, under a name to end them by; or milliseconds until it makes sense to ask again. */
export type Admission = { id: string; calls: number } | { waitMs: number };

/** The calls to Withings of the last 60 seconds, and who waits to make some: all processes have them in common. */
export interface RateLimitStore {
  /**
   * Lets calls in, or gives a person a place in line: first come, first served within a priority. Who does not come
   * when it is due loses the place. A crash of the host may cost the last ones.
   */
  takeCalls(wanted: CallsWanted, quota: Quota): Promise<Admission>;
  /**
   * What was let in has ended, with so many calls made: they count for 60 seconds from now, and for the statistics of the
   * hour `at`, milliseconds since 1970; `busy`: so many of them were refused as too many.
   */
  endCalls(id: string, made: number, busy: number, at: number): Promise<void>;
  /** How many calls count at this moment. */
  readCalls(): Promise<number>;
}

export const WINDOW_MS = 60_000;
/** Whoever is due has so long to come. */
export const PLACE_KEPT_MS = 5000;
/** A refresh that is signed: what a priority may always have in one turn, however small its floor. */
export const MIN_TURN = 2;
/** The priority of calls that the store has lost: nobody can tell whose they were. */
export const LOST = 'lost';
/** Who comes late may still borrow what it could have had so long ago. */
export const CREDIT_MS = 5000;
/** What has only just begun is not taken to go on faster than in so long. */
export const RATE_OVER_MS = 1000;
/** Whoever is told when to come is told so as if calls under way were answered in so long. */
export const ANSWERED_MS = 1000;
