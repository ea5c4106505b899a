import { scaleLinear } from 'd3-scale';
import { addDays, type DayRange } from '../../time/days.ts';
import type { Wording } from '../preferences/wording.ts';
import { unbroken } from '../words.ts';

/** A drawing in its own units. Lines keep their width and dots their shape however far it is stretched. */
export interface Chart {
  /** What a person hears who does not see it. */
  label: string;
  width: number;
  height: number;
  /** Of the values beside the grid. */
  unit: string;
  /** From the top down, evenly apart. */
  yLabels: string[];
  /** Heights of the grid's lines. */
  grid: number[];
  /** Days below: the first, the one in the middle, today. */
  xLabels: string[];
  /** Where today begins. */
  today: number;
  /** Heights of dashed lines to compare with. */
  references: number[];
  lines: string[];
  /** From left to right. */
  marks: Mark[];
  legend: Key[];
}

/** What is drawn of one reading, day or week, and what it says. */
export interface Mark {
  title: string;
  bars: { x: number; y: number; width: number; height: number; kind: string }[];
  /** Paths without a filling: a dot is one of no length. */
  strokes: { path: string; kind: string }[];
}

export interface Key {
  kind: string;
  words: string;
  /** How a stroke of that kind looks, 12 wide and high; without: it is a bar. */
  path?: string;
}

/** Paths of keys. */
export const DOT = 'M6 6h0';
export const LINE = 'M0 6h12';
export const RANGE = 'M6 1v10';

export const WIDTH = 1000;
export const HEIGHT = 300;

/** No part of a pixel is worth a long page. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** What every chart has: the days of the page from left to right, and values in one unit from the bottom up. */
export interface FrameOptions {
  label: string;
  range: DayRange;
  wording: Wording;
  unit: string;
  /** How values are written beside the grid, where not as plain numbers. */
  ticks?: Pick<Wording, 'number'>;
  /** Of all that is drawn. */
  values: number[];
  /** Less is not spread over the whole height: it would look like more than it is. */
  minSpan: number;
  /** Columns stand on zero; readings have room above and below. */
  fromZero: boolean;
  references: Reference[];
  legend: Key[];
}

/** Something to compare with: a goal. */
export interface Reference {
  value: number;
  words: string;
}

/** Further away than so many times the height of what was measured, a goal is told and not drawn. */
const FAR = 4;

/** A chart without marks, and where they go: `x` of days from the left, `y` of values. */
export function frameOf({ label, range, wording, unit, references, legend, ...options }: FrameOptions) {
  const [least, most] = extent(options);
  const reach = FAR * (most - least);
  const near = references.filter(({ value }) => value >= least - reach && value <= most + reach);
  const { y, grid, yLabels } = valueScale(
    Math.min(least, ...near.map(({ value }) => value)),
    Math.max(most, ...near.map(({ value }) => value)),
    options.ticks ?? wording,
  );
  const x = (day: number) => (day * WIDTH) / range.days;
  return {
    x,
    y,
    empty: {
      label,
      width: WIDTH,
      height: HEIGHT,
      unit,
      yLabels,
      grid,
      xLabels: dayLabels(range, wording),
      today: rounded(x(range.days - 1)),
      references: near.map(({ value }) => rounded(y(value))),
      lines: [],
      marks: [],
      legend: [
        ...legend,
        ...references
          .map((reference) => ({ ...reference, words: unbroken(reference.words) }))
          .map(({ value, words }) =>
            near.some((reference) => reference.value === value)
              ? { kind: 'reference', words, path: LINE }
              : {
                  kind: 'unseen',
                  words: `${words}, ${value < least ? 'below' : 'above'} this picture`,
                  path: LINE,
                },
          ),
      ].filter(({ words }, index, all) => all.findIndex((key) => key.words === words) === index),
    } satisfies Chart as Chart,
  };
}

function extent({ values, minSpan, fromZero }: Pick<FrameOptions, 'values' | 'minSpan' | 'fromZero'>) {
  if (fromZero) return [0, Math.max(minSpan, ...values)] as const;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(minSpan - (most - least), (most - least) * 0.08) / 2;
  const floor = Math.min(0, least); // nobody weighs less than nothing
  return [Math.max(floor, least - room), most + room] as const;
}

/** A scale that ends on round numbers at both ends, with its grid and labels from the top down. */
export function valueScale(least: number, most: number, { number }: Pick<Wording, 'number'>) {
  const y = scaleLinear().domain([least, most]).nice(4).range([HEIGHT, 0]);
  const ticks = y.ticks(4).reverse();
  const step = (ticks[0] ?? 1) - (ticks[1] ?? 0);
  const digits = step > 0.99 ? 0 : step > 0.099 ? 1 : 2; // the difference of two ticks is not exact
  const [bottom = 0, top = 1] = y.domain();
  return {
    y: (value: number) => (HEIGHT * (top - value)) / (top - bottom), // the scale itself takes its time
    grid: ticks.map((tick) => rounded(y(tick))),
    yLabels: ticks.map((tick) => number(tick, digits)),
  };
}

/** From here on a day of a month is too exact. */
const MANY_DAYS = 180;

function dayLabels({ days, first }: DayRange, wording: Wording): string[] {
  const words = days > MANY_DAYS ? wording.month : wording.shortDay;
  return [words(first), words(addDays(first, Math.floor(days / 2))), 'today'];
}
