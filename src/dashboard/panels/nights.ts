import { DateTime } from 'luxon';
import type { DayRange } from '../../time/days.ts';
import type { Night } from '../../withings/data/records.ts';
import { groupBy, isWithin } from './groups.ts';

/** What a person slept up to one date. */
export interface DaySleep {
  date: string;
  /** Null: only naps are known. */
  night: Night | null;
  naps: Night[];
}

const HOUR_MS = 3_600_000;
/** What is shorter is no second part of a night. */
const SHORT_MS = 3 * HOUR_MS;
/** By day a sleep begins from then on and before then: hours of the clock. */
const DAY_HOURS = [9, 20] as const;
/** A device that knows the stages may have seen a little less of the night than one that does not. */
const NEARLY = 0.75;

/**
 * The sleeps of a range by their dates, newest first: one night each. Two devices that saw the same sleep say it
 * twice; what else belongs to a date is a nap or another part of its night.
 */
export function sleepsOf(rows: Night[], range: DayRange): DaySleep[] {
  const within = rows.filter(({ date }) => isWithin(date, range));
  return [...groupBy(within, ({ date }) => date)]
    .map(([date, found]) => ({ date, ...sortedOut(found, range.zone) }))
    .sort((a, b) => (a.date < b.date ? 1 : -1));
}

function sortedOut(rows: Night[], zone: string): Omit<DaySleep, 'date'> {
  const [longest, ...others] = sleepsSeenOnce(rows).sort((a, b) => lengthOf(b) - lengthOf(a));
  if (!longest) return { night: null, naps: [] };
  if (lengthOf(longest) < SHORT_MS && isByDay(longest, zone))
    return { night: null, naps: [longest, ...others] };
  const isNap = (sleep: Night) => lengthOf(sleep) < SHORT_MS || isByDay(sleep, zone);
  const parts = [longest, ...others.filter((sleep) => !isNap(sleep))];
  return { night: parts.reduce(together), naps: others.filter(isNap) };
}

/** Of those that overlap, the one that knows most. */
function sleepsSeenOnce(rows: Night[]): Night[] {
  const seen: { end: number; rows: Night[] }[] = [];
  for (const row of rows.toSorted((a, b) => a.start.getTime() - b.start.getTime())) {
    const last = seen.at(-1);
    if (last && row.start.getTime() < last.end) {
      last.rows.push(row);
      last.end = Math.max(last.end, row.end.getTime());
    } else seen.push({ end: row.end.getTime(), rows: [row] });
  }
  return seen.flatMap(({ rows: same }) => {
    const most = Math.max(...same.map(asleep));
    const full = same.filter((row) => asleep(row) >= NEARLY * most);
    const [best] = full.sort((a, b) => Number(!a.stages) - Number(!b.stages) || asleep(b) - asleep(a));
    return best ?? [];
  });
}

function asleep({ asleepSeconds }: Night): number {
  return asleepSeconds ?? 0;
}

/** Asleep or, where that is not known, in bed: milliseconds. */
function lengthOf({ start, end, asleepSeconds }: Night): number {
  return asleepSeconds === null ? end.getTime() - start.getTime() : asleepSeconds * 1000;
}

function isByDay({ start }: Night, zone: string): boolean {
  const { hour } = DateTime.fromJSDate(start, { zone });
  return hour >= DAY_HOURS[0] && hour < DAY_HOURS[1];
}

/** A night in two parts is as long as both. The score is of the longer one, which comes first. */
function together(first: Night, second: Night): Night {
  const [a, b] = [first.stages, second.stages];
  const sum = (one: number | null, other: number | null) =>
    one === null || other === null ? null : one + other;
  const areAlike = a && b && (a.rem === null) === (b.rem === null);
  return {
    ...first,
    asleepSeconds: sum(first.asleepSeconds, second.asleepSeconds),
    stages: areAlike
      ? {
          deep: a.deep + b.deep,
          rem: sum(a.rem, b.rem),
          light: a.light + b.light,
          awake: sum(a.awake, b.awake),
        }
      : null,
  };
}
