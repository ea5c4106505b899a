import { curveMonotoneX, line } from 'd3-shape';
import { type Chart, type FrameOptions, frameOf, rounded, WIDTH } from './chart.ts';

/** What was measured at one moment, or on several days taken together. */
export interface Reading {
  /** Its middle, in days from the left. */
  at: number;
  /** From where to where it reaches. */
  low: number;
  high: number;
  /** Told apart on it: the two ends of a blood pressure, the mean of a week. */
  points: { value: number; kind: string }[];
  title: string;
}

export interface Point {
  /** In days from the left. */
  at: number;
  value: number;
}

/** Days that the running mean takes in. */
export const WINDOW_DAYS = 7;
/** Room for a dot, and what two of them keep between each other. */
const ROOM = 12;

/**
 * Readings as dots, with a range where they have one, and a line through the means of them. Newest first.
 *
 * @param options the mean is not drawn across more than `gap` days without a measure
 */
export function readingChart(
  options: Omit<FrameOptions, 'values' | 'fromZero'> & { means: Point[]; gap: number },
  newestFirst: Reading[],
): Chart {
  const readings = newestFirst.toReversed();
  const means = options.means.map(({ value }) => value);
  const values = [...readings.flatMap(({ low, high }) => [low, high]), ...means];
  const { x, y, empty } = frameOf({ ...options, values, fromZero: false });
  const places = apart(readings.map(({ at }) => x(at)));
  const height = (value: number) => rounded(y(value));
  const marks = readings.map(({ low, high, points, title }, index) => {
    const place = rounded(places[index] ?? 0);
    const range = { path: `M${place} ${height(low)}V${height(high)}`, kind: 'span' };
    const dots = points.map(({ value, kind }) => ({ path: `M${place} ${height(value)}h0`, kind }));
    return { title, bars: [], strokes: low < high ? [range, ...dots] : dots };
  });
  const draw = line<Point>(
    ({ at }) => x(at),
    ({ value }) => y(value),
  )
    .curve(curveMonotoneX)
    .digits(1);
  const lines = pieces(options.means, options.gap).map((piece) => draw(piece) ?? '');
  return { ...empty, marks, lines };
}

/** For each point the mean of it and those of the week before it. Oldest first, in one pass. */
export function movingAverage(points: Point[]): Point[] {
  let [sum, first] = [0, 0];
  return points.map(({ at, value }, index) => {
    sum += value;
    for (let old = points[first]; old && old.at <= at - WINDOW_DAYS; old = points[first]) {
      sum -= old.value;
      first += 1;
    }
    return { at, value: sum / (index + 1 - first) };
  });
}

/** Where nothing was measured for longer, nothing is known: the line breaks. A point alone is a dot already. */
function pieces(points: Point[], gap: number): Point[][] {
  const found: Point[][] = [];
  let last = -Infinity;
  for (const point of points) {
    if (point.at - last > gap) found.push([]);
    found.at(-1)?.push(point);
    last = point.at;
  }
  return found.filter(({ length }) => length > 1);
}

/**
 * Places for marks as near to where they belong as can be, whole inside the frame and none on another: those that are
 * too near stand side by side around their middle. Oldest first.
 */
function apart(centres: number[]): number[] {
  const room = Math.min(ROOM, WIDTH / Math.max(1, centres.length));
  const crowds: { sum: number; count: number }[] = [];
  const half = ({ count }: { count: number }) => (count * room) / 2;
  const middle = (crowd: { sum: number; count: number }) =>
    Math.min(WIDTH - half(crowd), Math.max(half(crowd), crowd.sum / crowd.count));
  for (const centre of centres) {
    let crowd = { sum: centre, count: 1 };
    for (let left = crowds.at(-1); left; left = crowds.at(-1)) {
      if (middle(left) + half(left) <= middle(crowd) - half(crowd)) break;
      crowd = { sum: left.sum + crowd.sum, count: left.count + crowd.count };
      crowds.pop();
    }
    crowds.push(crowd);
  }
  return crowds.flatMap((crowd) =>
    Array.from({ length: crowd.count }, (_, index) => middle(crowd) - half(crowd) + (index + 0.5) * room),
  );
}
