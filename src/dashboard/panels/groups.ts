import { DAY_MS } from '../../time/clocks.ts';
import { addDays, type DayRange } from '../../time/days.ts';
import type { Wording } from '../preferences/wording.ts';

/** From here on a day is too thin to see and too much to read. */
const MAX_DAYS = 60;
/** And so is a reading, if there are more than these. */
const MAX_READINGS = 120;

/** Rows of one day, or of a week of them. */
export interface Group<T> {
  /** Which day of the range it begins on, and how many it has. */
  first: number;
  days: number;
  /** Its first day. */
  label: string;
  rows: T[];
}

/** How many days each column of a chart stands for. */
export function spanOf({ days }: DayRange): 1 | 7 {
  return days > MAX_DAYS ? 7 : 1;
}

/** Whether each of so many readings can be drawn and read by itself. */
export function isFew(count: number, range: DayRange): boolean {
  return spanOf(range) === 1 && count <= MAX_READINGS;
}

/**
 * Rows by day or, over a long time, by week: the last one ends today, and what is left over before the first belongs
 * to it. Newest first, as the rows are.
 */
export function grouped<T>(
  rows: T[],
  dayOf: (row: T) => number,
  range: DayRange,
  wording: Wording,
): Group<T>[] {
  const span = spanOf(range);
  const oldest = Math.floor(range.days / span) - 1;
  const weekOf = (row: T) => Math.floor((range.days - 1 - dayOf(row)) / span);
  return [...groupBy(rows, (row) => Math.min(oldest, weekOf(row)))].map(([week, found]) => {
    const end = range.days - week * span;
    const first = week === oldest ? 0 : end - span;
    return { first, days: end - first, label: wording.day(addDays(range.first, first)), rows: found };
  });
}

/** What a column stands for, above the table and below the drawing. */
export function wordsFor(span: 1 | 7): { head: string; meaning: string } {
  return span === 7 ? { head: 'Week from', meaning: 'mean of a week' } : { head: 'Day', meaning: 'a day' };
}

export function isWithin(ymd: string, { first, today }: DayRange): boolean {
  return ymd >= first && ymd <= today;
}

/** Where a moment lies, in days from the left; negative before the range. */
export function positionOf(at: Date, range: DayRange): number {
  const before = (range.from - at.getTime()) / DAY_MS;
  return before > 0 ? -before : range.position(at.getTime());
}

/** The day of the range that a moment belongs to. What a clock that is ahead dates later was measured today. */
export function dayOf(at: Date, range: DayRange): number {
  return Math.min(range.days - 1, Math.floor(positionOf(at, range)));
}

/** In the order in which each key comes first. */
export function groupBy<Key, T>(rows: T[], keyOf: (row: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/** Of at least one value. */
export function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
