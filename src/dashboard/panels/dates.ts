import { DAY_MS } from '../../time/units.ts';

const DATE = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});
const MINUTE = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

/** "Tue 24 Nov" of a calendar day, "2026-11-24". */
export function dayWords(ymd: string): string {
  return DATE.format(startOf(ymd));
}

/** "24 Nov, 07:12 UTC". */
export function momentWords(at: Date): string {
  return `${MINUTE.format(at)} UTC`;
}

/** Midnight of a calendar day, for drawing: milliseconds. */
export function startOf(ymd: string): number {
  return Date.parse(`${ymd}T00:00:00Z`);
}

/** The midnight after this moment: where a drawing of days ends. */
export function endOfDay(at: number): number {
  return (Math.floor(at / DAY_MS) + 1) * DAY_MS;
}

/** "7 h 05 min" of seconds. */
export function hoursWords(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

export function countWords(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}
