import { DAY_MS } from '../../time/clocks.ts';
import { byWeek } from '../charts/columns.ts';

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

const COUNT = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

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
  return COUNT.format(value);
}

/** From here on a day is too thin to see and too much to read. */
const MAX_DAYS = 60;

export interface Row {
  /** Where it begins, in milliseconds. */
  at: number;
  values: number[];
}

/** Rows by day or, over a long time, by week with the mean of its days. */
export interface Grouped {
  /** How many days each row stands for. */
  span: number;
  /** What a row is called above the table and below the drawing. */
  head: string;
  meaning: string;
  rows: (Row & { label: string })[];
}

/** `until`: where the range of so many days ends, in milliseconds. */
export function grouped(rows: Row[], days: number, until: number): Grouped {
  const weekly = days > MAX_DAYS;
  const labelled = (weekly ? byWeek(rows, until) : rows).map((row) => ({
    ...row,
    label: dayWords(new Date(row.at).toISOString().slice(0, 10)),
  }));
  return weekly
    ? { span: 7, head: 'Week from', meaning: 'mean of a week', rows: labelled }
    : { span: 1, head: 'Day', meaning: 'a day', rows: labelled };
}
