import { DAY_MS } from '../../time/clocks.ts';
import {
  type Chart,
  type Digits,
  HEIGHT,
  rounded,
  timeLabels,
  timeScale,
  valueScale,
  WIDTH,
} from './chart.ts';

/** A column over one or several days; `at` is where they begin, in milliseconds. */
export interface Column {
  at: number;
  /** Of what it is piled up, from the bottom. */
  parts: { kind: string; value: number }[];
  /** Where it begins, if it hangs in the air. */
  from?: number;
}

interface ColumnOptions {
  days: number;
  until: number;
  /** How many days a column stands for. */
  span?: number;
  digits?: Digits;
  legend?: Chart['legend'];
}

/** Columns side by side, piled up of their parts. */
export function columnChart(label: string, columns: Column[], options: ColumnOptions): Chart {
  const { days, until, span = 1, digits = 0, legend = [] } = options;
  const x = timeScale(days, until);
  const tops = columns.map(({ parts, from = 0 }) => parts.reduce((sum, { value }) => sum + value, from));
  const least = Math.min(...columns.map(({ from = 0 }) => from));
  const { scale: y, grid, labels } = valueScale(least, Math.max(...tops, least + 1), digits);
  const width = rounded(((span * WIDTH) / days) * 0.72);
  const bars = columns.flatMap(({ at, parts, from = 0 }) => {
    let bottom = from;
    return parts.map(({ kind, value }) => {
      const top = bottom + value;
      const bar = { x: rounded(x(at)), y: rounded(y(top)), width, height: rounded(y(bottom) - y(top)), kind };
      bottom = top;
      return bar;
    });
  });
  return {
    label,
    width: WIDTH,
    height: HEIGHT,
    yLabels: labels,
    grid,
    xLabels: timeLabels(x),
    lines: [],
    dots: [],
    bars: bars.filter((bar) => bar.height > 0 && bar.x + bar.width > 0),
    legend,
  };
}

/** One row per week in place of one per day, with the mean of its numbers; oldest first. */
export function byWeek<Row extends { at: number; values: number[] }>(rows: Row[], until: number) {
  const weeks = new Map<number, number[][]>();
  for (const { at, values } of rows) {
    const week = Math.floor((at - until) / (7 * DAY_MS));
    weeks.set(week, [...(weeks.get(week) ?? []), values]);
  }
  return [...weeks].map(([week, all]) => ({
    at: until + week * 7 * DAY_MS,
    values: (all[0] ?? []).map(
      (_, index) => all.reduce((sum, row) => sum + (row[index] ?? 0), 0) / all.length,
    ),
  }));
}
