import { PROBLEMS } from '../../problems/catalogue.ts';
import { ACTIONS } from '../../problems/text.ts';
import type { Result } from '../../withings/errors.ts';
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
  /** In place of data: why there is none, and the way on where there is one. */
  trouble: { title: string; advice: string; action: { href: string; label: string } | null } | null;
}

export interface Table {
  caption: string;
  columns: string[];
  rows: string[][];
}

/** The stretch of time that the page shows; `until` in milliseconds. */
export interface Range {
  days: number;
  until: number;
}

type Name = Pick<Panel, 'id' | 'title'>;

/** The panel of a result: data, the reason for its absence, or that nothing was measured yet. */
export function panelOf<T>(
  name: Name,
  result: Result<T[]>,
  show: (rows: T[]) => Pick<Panel, 'sentence'> & Partial<Panel>,
  empty: string,
): Panel {
  const blank = { ...name, figure: null, chart: null, table: null, trouble: null };
  if (!result.ok) {
    const { title, advice, action } = PROBLEMS[result.refusal.code];
    // The page itself is where a reload would lead.
    const way = action === 'dashboard' || action === 'home' ? null : ACTIONS[action];
    return { ...blank, sentence: '', trouble: { title, advice, action: way } };
  }
  if (result.value.length === 0) return { ...blank, sentence: empty };
  return { ...blank, ...show(result.value) };
}

/** The same result with other rows. */
export function narrowed<T, U>(result: Result<T[]>, narrow: (rows: T[]) => U[]): Result<U[]> {
  return result.ok ? { ok: true, value: narrow(result.value) } : result;
}
