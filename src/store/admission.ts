import { PRIORITIES, type Priority } from '../withings/rate-limit.ts';
import {
  ANSWERED_MS,
  type CallsWanted,
  CREDIT_MS,
  type LOST,
  MIN_TURN,
  type Quota,
  RATE_OVER_MS,
  WINDOW_MS,
} from './rate-limit.ts';

/** Calls that count. Moments are milliseconds of the clock of the store. */
export interface CountedCalls {
  priority: Priority | typeof LOST;
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
  const { priority, person, isBegun = false } = wanted;
  const floor = quota.floors[priority];
  const most = quota.most[priority];
  const calls = Math.min(wanted.calls, Math.max(MIN_TURN, floor));
  const mine = line.counted.filter((each) => each.priority === priority);
  const theirs = mine.filter((each) => person !== null && each.person === person);
  const used = sum(mine);
  const total = sum(line.counted);
  const kept = Math.max(quota.headroom, neededByOthers(line, priority, quota, now));
  const { since, ahead, first } = standing(line, wanted, theirs, now);
  const wanting = calls + sum(first);

  const own = Math.max(0, Math.min(floor - ownOf(mine), quota.calls - total));
  const lendable = Math.max(1, Math.min(most, quota.calls - quota.headroom) - floor);
  const spacing = WINDOW_MS / lendable;
  const from = Math.max(now - CREDIT_MS, line.borrowFrom);
  const isPaced = isBegun || from <= now;
  const isLent = isPaced && used + wanting <= most && total + wanting <= quota.calls - kept;
  const tooMuch = theirs.length > 0 ? sum(theirs) + calls - quota.perPerson : 0;
  if (tooMuch <= 0 && (wanting <= own || isLent)) {
    const lent = Math.max(0, calls - Math.max(0, own - (wanting - calls)));
    return { calls, lent, borrowFrom: lent > 0 ? from + lent * spacing : line.borrowFrom };
  }

  const behind = sum(ahead);
  const isShort = behind + calls > own;
  const share = Math.max(floor, Math.min(most, quota.calls - kept - (total - used)));
  const paced = (before: number) => untilPaced(mine, Math.max(0, before - own), spacing, from - now, now);
  // Of what has to come free, as much as counts now; the rest are calls of those ahead, a minute after each.
  const toComeFree = used + behind + calls - share;
  const waitMs = Math.max(
    isShort && !isBegun ? paced(behind) : 0,
    untilFree(mine, Math.min(toComeFree, used), now),
    toComeFree > used ? WINDOW_MS + paced(toComeFree - used) : 0,
    untilFree(line.counted, total + calls + (isShort ? kept : 0) - quota.calls, now),
    untilFree(theirs, tooMuch, now),
  );
  return { waitMs: Math.max(1, Math.ceil(waitMs)), since: since ?? now };
}

/** Since when somebody waits, who is ahead of them, and who of those is before them at this moment. */
function standing(line: Line, wanted: CallsWanted, theirs: CountedCalls[], now: number) {
  const places = line.places.filter(({ priority }) => priority === wanted.priority);
  const since = places.find(({ person }) => person === wanted.person)?.since ?? null;
  // What has begun comes to its end before anybody begins.
  const ahead = wanted.isBegun ? [] : places.filter((each) => since === null || each.since < since);
  // Nobody comes in twice before those who wait: without a place, all of them are first.
  const isAgain = since === null && theirs.length > 0;
  return { since, ahead, first: isAgain ? ahead : ahead.filter(({ dueAt }) => dueAt <= now) };
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

/** The same in the order in which they stop counting, milliseconds from now: what is under way is soon answered. */
function byEnd(counted: CountedCalls[], now: number): (CountedCalls & { leftMs: number })[] {
  const leftMs = ({ since, until }: CountedCalls) =>
    Math.min(until, Math.max(now, since + ANSWERED_MS) + WINDOW_MS) - now;
  return counted.map((each) => ({ ...each, leftMs: leftMs(each) })).sort((a, b) => a.leftMs - b.leftMs);
}

/** Milliseconds until so many calls have gone: as the own floor comes free, and beyond it at the pace of loans, the next in `loanMs`. */
function untilPaced(
  mine: CountedCalls[],
  calls: number,
  spacing: number,
  loanMs: number,
  now: number,
): number {
  const aMinute = ownOf(mine) + WINDOW_MS / spacing;
  const rounds = Math.floor(calls / aMinute);
  let left = calls - rounds * aMinute;
  for (const { leftMs, calls: ended, lent } of byEnd(mine, now)) {
    if (loanMs + left * spacing <= leftMs) break;
    left = Math.max((leftMs - loanMs) / spacing, left - ended + lent);
  }
  return rounds * WINDOW_MS + loanMs + left * spacing;
}

/** Milliseconds until so many of these have come free. */
function untilFree(counted: CountedCalls[], calls: number, now: number): number {
  let left = calls;
  for (const each of byEnd(counted, now)) {
    if (left <= 0) break;
    left -= each.calls;
    if (left <= 0) return each.leftMs;
  }
  return calls > 0 ? WINDOW_MS : 0;
}
