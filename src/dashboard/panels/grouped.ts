import { byWeek } from '../charts/columns.ts';
import { dayWords } from './dates.ts';

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
