import { PRIORITIES, type Priority, type Wanted } from '../withings/rate-limit.ts';

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
  /** What was let in has ended, with so many calls made: they count for 60 seconds from now. */
  endCalls(id: string, made: number): Promise<void>;
}

export const WINDOW_MS = 60_000;
/** Whoever is due has so long to come. */
export const PLACE_KEPT_MS = 5000;
/** Nobody waits longer than this makes it; it also bounds what is stored. */
export const MAX_WAITING = 2000;
/** Who comes late may still borrow what it could have had so long ago. */
export const CREDIT_MS = 5000;
/** What has only just begun is not taken to go on faster than in so long. */
export const RATE_OVER_MS = 1000;

/** Calls that count. Moments are milliseconds of the clock of the store. */
export interface CountedCalls {
  priority: Priority;
  calls: number;
  /** How many of them are borrowed from others' floors. */
  lent: number;
  person: string | null;
  since: number;
  /** When they stop counting. */
  until: number;
}

export interface Place {
  person: string;
  priority: Priority;
  calls: number;
  since: number;
  /** When the person was told to come. */
  dueAt: number;
}

export interface Line {
  /** All that count now. */
  counted: CountedCalls[];
  /** Everybody who waits and has not lost the place. */
  places: Place[];
  /** From when on this priority may borrow. */
  borrowFrom: number;
}

export type Decision =
  | { calls: number; lent: number; borrowFrom: number }
  | { waitMs: number; since: number };

/**
 * Decides at a moment `now`. A priority takes from its own floor at once. What others leave of theirs it borrows evenly
 * over the minute, so that it comes free again little by little, and never what another is about to need, by who waits
 * there and by the pace of its calls so far. The same in Lua: redis/rate-limit.ts.
 */
export function decide(line: Line, wanted: CallsWanted, quota: Quota, now: number): Decision {
  const { priority, person } = wanted;
  const floor = quota.floors[priority];
  const most = quota.most[priority];
  const calls = Math.min(wanted.calls, Math.max(1, floor));
  const mine = line.counted.filter((each) => each.priority === priority);
  const used = sum(mine);
  const total = sum(line.counted);
  const kept = Math.max(quota.headroom, neededByOthers(line, priority, quota, now));

  const places = line.places.filter((each) => each.priority === priority);
  const place = places.find((each) => each.person === person);
  const ahead = places.filter((each) => (place ? each.since < place.since : true));
  // Nobody comes in twice before those who wait: without a place, all of them are first.
  const isAgain = !place && mine.some((each) => person !== null && each.person === person);
  const wanting = calls + sum(isAgain ? ahead : ahead.filter(({ dueAt }) => dueAt <= now));

  const own = Math.max(0, Math.min(floor - ownOf(mine), quota.calls - total));
  const lendable = Math.max(1, Math.min(most, quota.calls - quota.headroom) - floor);
  const spacing = WINDOW_MS / lendable;
  const from = Math.max(now - CREDIT_MS, line.borrowFrom);
  const isLent = from <= now && used + wanting <= most && total + wanting <= quota.calls - kept;
  if (wanting <= own || isLent) {
    const lent = Math.max(0, calls - Math.max(0, own - (wanting - calls)));
    return { calls, lent, borrowFrom: lent > 0 ? from + lent * spacing : line.borrowFrom };
  }

  const behind = sum(ahead);
  const isShort = behind + calls > own;
  const share = Math.max(floor, Math.min(most, quota.calls - kept - (total - used)));
  const waitMs = Math.max(
    isShort ? from - now + Math.max(0, behind - own) * spacing : 0,
    untilFree(mine, used + behind + calls - share, now),
    untilFree(line.counted, total + calls + (isShort ? kept : 0) - quota.calls, now),
  );
  return { waitMs: Math.max(1, Math.ceil(waitMs)), since: place?.since ?? now };
}

function ownOf(list: CountedCalls[]): number {
  return list.reduce((all, { calls, lent }) => all + calls - lent, 0);
}

function sum(list: { calls: number }[]): number {
  return list.reduce((all, { calls }) => all + calls, 0);
}

/** Of their floors, what the other priorities will soon want back. */
function neededByOthers({ counted, places }: Line, mine: Priority, { floors }: Quota, now: number): number {
  return PRIORITIES.filter((each) => each !== mine).reduce((all, priority) => {
    const used = counted.filter((each) => each.priority === priority);
    const age = Math.max(RATE_OVER_MS, now - Math.min(now, ...used.map(({ since }) => since)));
    const atThisPace = used.length > 0 ? Math.ceil((sum(used) * (WINDOW_MS - age)) / age) : 0;
    const waiting = sum(places.filter((each) => each.priority === priority));
    const left = floors[priority] - ownOf(used);
    return all + Math.max(0, Math.min(left, Math.max(atThisPace, waiting)));
  }, 0);
}

/** Milliseconds until so many calls have come free, each place of them again and again after a minute. */
function untilFree(counted: CountedCalls[], calls: number, now: number): number {
  const all = sum(counted);
  if (calls <= 0) return 0;
  if (all === 0) return WINDOW_MS;
  const rounds = Math.floor((calls - 1) / all);
  let left = calls - rounds * all;
  for (const each of counted.toSorted((a, b) => a.until - b.until)) {
    left -= each.calls;
    if (left <= 0) return rounds * WINDOW_MS + each.until - now;
  }
  return 0;
}
