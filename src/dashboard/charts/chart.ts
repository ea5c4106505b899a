import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { DAY_MS } from '../../time/clocks.ts';

/** A drawing in its own units. Lines keep their width and dots their shape however far it is stretched. */
export interface Chart {
  /** What a person hears who does not see it. */
  label: string;
  width: number;
  height: number;
  /** Values beside the grid, from the top down, evenly apart. */
  yLabels: string[];
  /** Heights of the grid's lines. */
  grid: number[];
  /** Days below, from left to right, evenly apart. */
  xLabels: string[];
  /** Paths, the first one lowest. */
  lines: { path: string; kind: string }[];
  dots: { x: number; y: number; kind: string }[];
  bars: { x: number; y: number; width: number; height: number; kind: string }[];
  legend: { kind: string; words: string }[];
}

export const WIDTH = 1000;
export const HEIGHT = 300;

/** No part of a pixel is worth a long page. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

const MONTH = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' });

/** By how many digits they show; made once, for that takes longer than the rest of a chart. */
const NUMBERS = {
  0: new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 }),
  1: new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 }),
};
export type Digits = keyof typeof NUMBERS;

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
export function valueScale(least: number, most: number, digits: Digits = 0) {
  const scale = scaleLinear()
    .domain([least, most > least ? most : least + 1])
    .nice(4)
    .range([HEIGHT, 0]);
  const ticks = scale.ticks(4).reverse();
  return {
    scale,
    grid: ticks.map((tick) => rounded(scale(tick))),
    labels: ticks.map((tick) => NUMBERS[digits].format(tick)),
  };
}
