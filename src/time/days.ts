import { LRUCache } from 'lru-cache';
import { IANAZone } from 'luxon';
import { DAY_MS } from './clocks.ts';
import { offsetAt } from './offsets.ts';

const zones = new LRUCache<string, boolean>({ max: 1000 });

/** Whether days can be told in this zone: "Europe/Paris", "UTC". Nothing else gets onto a page as one. */
export function isZone(name: string): boolean {
  const isKnown = zones.get(name) ?? (/^[A-Za-z][\w+/-]{0,63}$/.test(name) && IANAZone.isValidZone(name));
  zones.set(name, isKnown);
  return isKnown;
}

/** The calendar day that it is there: "2026-11-24". @param at milliseconds since 1970 */
export function ymdAt(at: number, zone: string): string {
  return new Date(at + offsetAt(at, zone)).toISOString().slice(0, 10);
}

/** No clock is farther from UTC. */
const FARTHEST_MS = 15 * 3_600_000;

/**
 * When a calendar day begins there, milliseconds since 1970: at one o'clock where midnight was skipped, at the first
 * midnight where there were two.
 */
export function midnight(ymd: string, zone: string): number {
  const there = Date.parse(ymd);
  let [before, begun] = [there - FARTHEST_MS, there + FARTHEST_MS];
  const offset = offsetAt(before, zone);
  if (offset === offsetAt(begun, zone)) return there - offset;
  while (begun - before > 1) {
    const between = Math.floor((before + begun) / 2);
    if (ymdAt(between, zone) < ymd) before = between;
    else begun = between;
  }
  return begun;
}

/** So many calendar days later, or earlier. */
export function addDays(ymd: string, days: number): string {
  return new Date(Date.parse(ymd) + days * DAY_MS).toISOString().slice(0, 10);
}

/** How many calendar days later the second is. */
export function daysBetween(first: string, second: string): number {
  return (Date.parse(second) - Date.parse(first)) / DAY_MS;
}

/** The last so many calendar days of a person, the running one included. */
export interface DayRange {
  readonly days: number;
  readonly zone: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly first: string;
  readonly today: string;
  /** Where the first day begins, milliseconds since 1970. */
  readonly from: number;
  /**
   * Where a moment lies: 0 at the first midnight, 1 at the next one, `days` at the end of today, however many hours
   * each of them has. What is outside is cut off.
   */
  position(at: number): number;
  /** Which of its days that is: 0 is the first. Days outside are negative, or `days` and more. */
  indexOf(ymd: string): number;
}

/** By zone and day: a year of midnights takes a millisecond, and everybody there has the same. */
const known = new LRUCache<string, number[]>({ max: 300 });

/** @param now milliseconds since 1970 @param zone IANA */
export function lastDays(days: number, now: number, zone: string): DayRange {
  const today = ymdAt(now, zone);
  const first = addDays(today, 1 - days);
  const key = `${days} ${today} ${zone}`;
  const begins =
    known.get(key) ?? Array.from({ length: days + 1 }, (_, index) => midnight(addDays(first, index), zone));
  known.set(key, begins);
  const [from = now] = begins;
  return {
    days,
    zone,
    now,
    first,
    today,
    from,
    indexOf: (ymd) => daysBetween(first, ymd),
    position(at) {
      if (at <= from) return 0;
      let index = Math.min(Math.floor((at - from) / DAY_MS), days); // but for the hours that days have more or less
      while ((begins[index] ?? at) > at) index -= 1;
      while ((begins[index + 1] ?? Infinity) <= at) index += 1;
      const [begin = at, end] = begins.slice(index, index + 2);
      return end === undefined ? days : index + (at - begin) / (end - begin);
    },
  };
}
