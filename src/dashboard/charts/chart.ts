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
