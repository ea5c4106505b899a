import { LRUCache } from 'lru-cache';
import { IANAZone } from 'luxon';
import { DAY_MS } from './clocks.ts';

const WEEK_MS = 7 * DAY_MS;

/** By zone, what each week begins with: Intl takes 10 µs to say it, and a page asks a thousand times. */
const weeks = new LRUCache<string, Map<number, number>>({ max: 200 });

/** How far clocks there are ahead of UTC, milliseconds. No place changes twice within a week. */
export function offsetAt(at: number, zone: string): number {
  const known = weeks.get(zone) ?? new Map<number, number>();
  weeks.set(zone, known);
  const week = Math.floor(at / WEEK_MS);
  const first = atWeek(week, zone, known);
  return first === atWeek(week + 1, zone, known) ? first : exactOffset(at, zone);
}

function atWeek(week: number, zone: string, known: Map<number, number>): number {
  const offset = known.get(week) ?? exactOffset(week * WEEK_MS, zone);
  known.set(week, offset);
  return offset;
}

function exactOffset(at: number, zone: string): number {
  return IANAZone.create(zone).offset(at) * 60_000;
}
