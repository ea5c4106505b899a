/** A few weeks at a glance, without an axis: the figure beside it says what it is. */
export interface Sparkline {
  width: number;
  height: number;
  /** Of all days but the latest. */
  path: string;
  /** Of the latest day, or of the end of the line. */
  latest: string;
}

/** What was measured on one day; from `low` to `high`. */
export interface Spark {
  /** In days from the left, whole. */
  day: number;
  low: number;
  high: number;
}

const DAY_WIDTH = 10;
const HEIGHT = 24;
/** A line is not drawn across more days without a measure. */
const GAP_DAYS = 8;

/**
 * Days that have a low and a high are strokes, days of one value are a line. Oldest first, at least one.
 *
 * @param minSpan less is not spread over the whole height: it would look like more than it is
 */
export function sparkline(sparks: Spark[], days: number, minSpan: number): Sparkline {
  const least = Math.min(...sparks.map(({ low }) => low));
  const span = Math.max(minSpan, Math.max(...sparks.map(({ high }) => high)) - least);
  const y = (value: number) => Math.round(HEIGHT - ((value - least) * HEIGHT) / span); // of as many pixels
  const x = (day: number) => (day + 0.5) * DAY_WIDTH;
  const isLine = sparks.every(({ low, high }) => low === high);
  const pieces = sparks.map(({ day, low, high }, index) => {
    if (!isLine) return `M${x(day)} ${y(low)}V${y(high)}`;
    const before = sparks[index - 1];
    const isBroken = !before || day - before.day > GAP_DAYS;
    return isBroken ? `M${x(day)} ${y(high)}h0` : `L${x(day)} ${y(high)}`;
  });
  const last = sparks.at(-1);
  const [latest = ''] = isLine && last ? [`M${x(last.day)} ${y(last.high)}h0`] : pieces.splice(-1);
  return { width: days * DAY_WIDTH, height: HEIGHT, path: pieces.join(''), latest };
}
