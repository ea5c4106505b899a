import { type Chart, type FrameOptions, frameOf, rounded, WIDTH } from './chart.ts';

/** What was counted on one or several days, piled up of its parts from the bottom. */
export interface Column {
  /** Where it begins, in days from the left, and how many it stands for. */
  first: number;
  days: number;
  parts: { kind: string; value: number }[];
  title: string;
}

/** How much of its days a column takes up. */
const SHARE = 0.72;
/** Of nothing at all: that it was counted shows, too. */
const STUB = 2;

/** Columns side by side. Newest first. */
export function columnChart(
  options: Omit<FrameOptions, 'values' | 'fromZero'>,
  newestFirst: Column[],
): Chart {
  const columns = newestFirst.toReversed();
  const values = columns.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const { x, y, empty } = frameOf({ ...options, values, fromZero: true });
  const marks = columns.map(({ first, days, parts, title }, index) => {
    const left = Math.max(0, x(first));
    const slot = Math.min(x(first + days), WIDTH) - left;
    const place = { x: rounded(left + (slot * (1 - SHARE)) / 2), width: rounded(slot * SHARE) };
    let bottom = 0;
    const bars = parts.map(({ kind, value }) => {
      const top = bottom + value;
      const height = Math.max(values[index] === 0 ? STUB : 0, rounded(y(bottom) - y(top)));
      const bar = { ...place, y: rounded(y(bottom) - height), height, kind };
      bottom = top;
      return bar;
    });
    return { title, bars: bars.filter(({ height }) => height > 0), strokes: [] };
  });
  return { ...empty, marks };
}
