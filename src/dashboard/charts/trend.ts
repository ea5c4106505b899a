import { curveMonotoneX, line } from 'd3-shape';
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

export interface Point {
  /** Milliseconds since 1970. */
  at: number;
  value: number;
}

const WINDOW = 7 * DAY_MS;
/** More than these are drawn smaller. */
const MANY = 60;

/** For each point the mean of it and those of the week before it. Oldest first. */
export function movingAverage(points: Point[]): Point[] {
  return points.map(({ at }, index) => {
    const week = points.slice(0, index + 1).filter((point) => point.at > at - WINDOW);
    return { at, value: week.reduce((sum, { value }) => sum + value, 0) / week.length };
  });
}

/** Values as dots and their moving average as a line. Oldest first. */
export function trendChart(
  label: string,
  points: Point[],
  { days, until, digits }: { days: number; until: number; digits: Digits },
): Chart {
  const x = timeScale(days, until);
  const values = points.map(({ value }) => value);
  const { scale: y, grid, labels } = valueScale(Math.min(...values), Math.max(...values), digits);
  const kind = points.length > MANY ? 'many' : 'measured';
  const draw = line<Point>(
    ({ at }) => rounded(x(at)),
    ({ value }) => rounded(y(value)),
  ).curve(curveMonotoneX);
  return {
    label,
    width: WIDTH,
    height: HEIGHT,
    yLabels: labels,
    grid,
    xLabels: timeLabels(x),
    lines: [{ path: draw(movingAverage(points)) ?? '', kind: 'average' }],
    dots: points.map(({ at, value }) => ({ x: rounded(x(at)), y: rounded(y(value)), kind })),
    bars: [],
    legend: [
      { kind: 'measured', words: 'measured' },
      { kind: 'average', words: 'mean of seven days' },
    ],
  };
}
