import type { DayRange } from '../../time/days.ts';
import type { Measure } from '../../withings/data/records.ts';
import { type Chart, DOT, type Key, LINE, RANGE } from '../charts/chart.ts';
import { movingAverage, type Point, type Reading, readingChart, WINDOW_DAYS } from '../charts/readings.ts';
import type { Wording } from '../preferences/wording.ts';
import { dayOf, grouped, isFew, mean, positionOf, spanOf, wordsFor } from './groups.ts';
import { quantityWords } from './measures.ts';

/** A mean of seven days says nothing of longer without a measure. */
const GAP_DAYS = WINDOW_DAYS + 1;

/** `weights`: of the range and of the days before it, newest first. */
export function weightChart(
  label: string,
  weights: Measure[],
  goalKg: number | null,
  range: DayRange,
  wording: Wording,
): Chart {
  const { massScale } = wording;
  const { unit, of } = massScale;
  const shown = weights.filter(({ at }) => at.getTime() >= range.from);
  const { readings, ...drawn } = isFew(shown.length, range)
    ? eachOf(weights, range, wording)
    : groupsOf(shown, range, wording);
  const goal = goalKg ? [{ value: of(goalKg), words: `goal ${quantityWords(wording.mass(goalKg))}` }] : [];
  const scale = { unit, ticks: massScale, minSpan: of(1), references: goal };
  return readingChart({ label, range, wording, ...scale, ...drawn, gap: GAP_DAYS }, readings);
}

interface Drawn {
  /** Newest first. */
  readings: Reading[];
  /** Oldest first. */
  means: Point[];
  legend: Key[];
}

function eachOf(weights: Measure[], range: DayRange, wording: Wording): Drawn {
  const all = weights.map(({ at, value }) => {
    const words = `${wording.clock(at.getTime())}: ${quantityWords(wording.mass(value))}`;
    return { at: positionOf(at, range), value: wording.massScale.of(value), title: words };
  });
  const isShown = ({ at }: { at: number }) => at >= 0;
  return {
    readings: all.filter(isShown).map(({ at, value, title }) => {
      return { at, low: value, high: value, points: [{ value, kind: 'measured' }], title };
    }),
    means: movingAverage(all.toReversed()).filter(isShown), // of the first days, too, with those before them
    legend: [
      { kind: 'measured', words: 'measured', path: DOT },
      { kind: 'line', words: 'mean of seven days', path: LINE },
    ],
  };
}

function groupsOf(weights: Measure[], range: DayRange, wording: Wording): Drawn {
  const { of } = wording.massScale;
  const words = (kg: number) => quantityWords(wording.mass(kg));
  const { head } = wordsFor(spanOf(range));
  const groups = grouped(weights, ({ at }) => dayOf(at, range), range, wording);
  const readings = groups.map(({ first, days, label, rows }): Reading => {
    const values = rows.map(({ value }) => value);
    const [low, high, average] = [Math.min(...values), Math.max(...values), mean(values)];
    const ends = low < high ? `, from ${words(low)} to ${words(high)}` : '';
    const title = `${head} ${label}: mean ${words(average)}${ends}`;
    const points = [{ value: of(average), kind: 'measured' }];
    return { at: first + days / 2, low: of(low), high: of(high), points, title };
  });
  return {
    readings,
    means: readings.flatMap(({ at, points }) => points.map(({ value }) => ({ at, value }))).reverse(),
    legend: [
      { kind: 'span', words: 'from the least to the most', path: RANGE },
      { kind: 'measured', words: 'mean', path: DOT },
    ],
  };
}
