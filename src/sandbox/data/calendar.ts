import { DAY, SECOND } from '../clock.ts';

/** The calendar day, counted from 1970-01-01, that it is in a time zone. `at` in milliseconds. */
export function dayOf(at: number, timezone: string): number {
  return Math.floor((at + offset(at, timezone)) / DAY);
}

/** When a calendar day begins there, in milliseconds. */
export function midnight(day: number, timezone: string): number {
  const guess = day * DAY - offset(day * DAY, timezone);
  return day * DAY - offset(guess, timezone);
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

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds ahead of UTC. */
function offset(at: number, timezone: string): number {
  const format = formats.get(timezone) ?? newFormat(timezone);
  formats.set(timezone, format);
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / SECOND) * SECOND;
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en', {
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
