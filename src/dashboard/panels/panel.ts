import type { Chart } from '../charts/chart.ts';

/** One kind of data on the dashboard: what it says in a sentence, as a drawing and in numbers. */
export interface Panel {
  id: string;
  title: string;
  /** The number a person looks for first. */
  figure: { value: string; unit: string } | null;
  sentence: string;
  chart: Chart | null;
  table: Table | null;
  /** What is said of one thing after another, its name first. */
  lines: string[][] | null;
  /** What few look for. */
  parts: Table | null;
}

export interface Table {
  caption: string;
  columns: string[];
  rows: string[][];
}

/** What a list is shown as. */
export type Content = Pick<Panel, 'sentence'> & Partial<Panel>;

/** In a cell: there is nothing to say. */
export const NOTHING = '–';

/** The last cell of each row is its note: without any there is no column for them. */
export function withNotes(caption: string, columns: string[], rows: string[][]): Table {
  return rows.some((row) => row.at(-1))
    ? { caption, columns: [...columns, 'Note'], rows }
    : { caption, columns, rows: rows.map((row) => row.slice(0, -1)) };
}

/** Ends a sentence. Dates of some languages bring a full stop of their own. */
export function ended(words: string): string {
  return words.endsWith('.') ? words : `${words}.`;
}
