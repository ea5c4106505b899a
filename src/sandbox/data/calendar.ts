import { LRUCache } from 'lru-cache';
import { DAY, HOUR, SECOND } from '../clock.ts';

/** The calendar day, counted from 1970-01-01, that it is in a time zone. `at` in milliseconds. */
export function dayOf(at: number, timezone: string): number {
  const day = Math.floor(at / DAY);
  if (at < midnight(day, timezone)) return day - 1;
  return at < midnight(day + 1, timezone) ? day : day + 1;
}

/** Thirty years in one zone, or two in ten: a few MB. Intl takes as long as inventing the day. */
const midnights = new LRUCache<string, number>({ max: 12_000 });

/** When a calendar day begins there, in milliseconds. */
export function midnight(day: number, timezone: string): number {
  const key = `${day} ${timezone}`;
  const known = midnights.get(key);
  if (known !== undefined) return known;
  const guess = day * DAY - offset(day * DAY, timezone);
  const begin = day * DAY - offset(guess, timezone);
  midnights.set(key, begin);
  return begin;
}

/**
 * When the clocks there show an hour of that day, in milliseconds; hours before midnight are negative. Where clocks are
 * changed, they are before four in the morning.
 */
export function clockTime(day: number, hour: number, timezone: string): number {
  return hour < 4 ? midnight(day, timezone) + hour * HOUR : midnight(day + 1, timezone) - (24 - hour) * HOUR;
}

/** 0 is Sunday. */
export function weekday(day: number): number {
  return (day + 4) % 7;
}

export function ymd(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

/** Undefined for what is no date of the calendar. */
export function parseYmd(text: string): number | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  const day = at / DAY;
  return Number.isInteger(day) && ymd(day) === text ? day : undefined;
}

const formats = new LRUCache<string, Intl.DateTimeFormat>({ max: 100 });

/** Milliseconds ahead of UTC. */
function offset(at: number, timezone: string): number {
  const format = formats.get(timezone) ?? newFormat(timezone);
  formats.set(timezone, format);
  // 6/15/2026, 14:00:00. Asking for the parts one by one takes six times as long.
  const [month = 1, day = 1, year = 0, hour = 0, minute = 0, second = 0] = format
    .format(at)
    .split(/\D+/)
    .map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / SECOND) * SECOND;
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}

/** Whether it is an IANA name that this Node knows. */
export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
