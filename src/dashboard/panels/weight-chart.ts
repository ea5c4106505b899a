import type { DayRange } from '../../time/days.ts';
import type { Measure } from '../../withings/data/records.ts';
import { type Chart, DOT, LINE, RANGE } from '../charts/chart.ts';
import { movingAverage, type Reading, readingChart, WINDOW_DAYS } from '../charts/readings.ts';
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
  const { unit, of } = wording.massScale;
  const words = (kg: number) => quantityWords(wording.mass(kg));
  const shown = weights.filter(({ at }) => at.getTime() >= range.from);
  const { readings, means, legend } = isFew(shown.length, range)
    ? eachOf(weights, shown, range)
    : groupsOf(shown, range, wording);
  return readingChart(
    {
      label,
      range,
      wording,
      unit,
      ticks: wording.massScale,
      minSpan: of(1),
      references: goalKg ? [{ value: of(goalKg), words: `goal ${words(goalKg)}` }] : [],
      legend,
      means: means.map(({ at, value }) => ({ at, value: of(value) })),
      gap: GAP_DAYS,
    },
    readings,
  );

  function eachOf(all: Measure[], within: Measure[], range: DayRange) {
    // The mean of the first days takes in those before them.
    const points = all.map(({ at, value }) => ({ at: positionOf(at, range), value })).reverse();
    return {
      readings: within.map(({ at, value }): Reading => {
        const points = [{ value: of(value), kind: 'measured' }];
        const title = `${wording.clock(at.getTime())}: ${words(value)}`;
        return { at: range.position(at.getTime()), low: of(value), high: of(value), points, title };
      }),
      means: movingAverage(points).filter(({ at }) => at >= 0),
      legend: [
        { kind: 'measured', words: 'measured', path: DOT },
        { kind: 'line', words: 'mean of seven days', path: LINE },
      ],
    };
  }

  function groupsOf(within: Measure[], range: DayRange, wording: Wording) {
    const { head } = wordsFor(spanOf(range));
    const groups = grouped(within, ({ at }) => dayOf(at, range), range, wording).map((group) => {
      const values = group.rows.map(({ value }) => value);
      const [low, high, average] = [Math.min(...values), Math.max(...values), mean(values)];
      const ends = low < high ? `, from ${words(low)} to ${words(high)}` : '';
      const title = `${head} ${group.label}: mean ${words(average)}${ends}`;
      return { at: group.first + group.days / 2, low, high, average, title };
    });
    return {
      readings: groups.map(({ at, low, high, average, title }): Reading => {
        const points = [{ value: of(average), kind: 'measured' }];
        return { at, low: of(low), high: of(high), points, title };
      }),
      means: groups.map(({ at, average }) => ({ at, value: average })).reverse(),
      legend: [
        { kind: 'span', words: 'from the least to the most', path: RANGE },
        { kind: 'measured', words: 'mean', path: DOT },
      ],
    };
  }
}
