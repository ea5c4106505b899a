import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { DAY_MS } from '../../time/units.ts';
import { HEIGHT, rounded, WIDTH } from './chart.ts';

const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

const MONTH = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' });

/** Days from the left to the right, `until` included: milliseconds to units of the drawing. */
export function timeScale(days: number, until: number): ScaleLinear<number, number> {
  return scaleLinear()
    .domain([until - days * DAY_MS, until])
    .range([0, WIDTH]);
}

/** Where the days begin, are half over and end. */
export function timeLabels(scale: ScaleLinear<number, number>): string[] {
  const [from = 0, until = 0] = scale.domain();
  const format = until - from > 180 * DAY_MS ? MONTH : DATE;
  return [from, (from + until) / 2, until - 1].map((at) => format.format(at)); // `until` itself is the day after
}

/** A scale that ends on round numbers at both ends, with its grid and labels from the top down. */
export function valueScale(least: number, most: number, digits = 0) {
  const scale = scaleLinear()
    .domain([least, most > least ? most : least + 1])
    .nice(4)
    .range([HEIGHT, 0]);
  const ticks = scale.ticks(4).reverse();
  return {
    scale,
    grid: ticks.map((tick) => rounded(scale(tick))),
    labels: ticks.map((tick) => tick.toLocaleString('en-GB', { maximumFractionDigits: digits })),
  };
}
