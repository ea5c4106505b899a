import type { DayRange } from '../../time/days.ts';
import type { Measure } from '../../withings/data/records.ts';
import { dayOf, mean } from './groups.ts';

const WEEK = 7;
const LEAST_MEASURES = 3;
const LEAST_DAYS = 2;

/**
 * How much the mean of the last seven days differs from that of the week before the range or, where nobody measured
 * then, its first week. 0: the measures differ as much among themselves. Null: there are too few to tell.
 */
export function changeOver(measures: Measure[], range: DayRange): number | null {
  const last = weekFrom(range.days - WEEK, measures, range);
  const before = weekFrom(-WEEK, measures, range);
  const first = before ?? (range.days >= 2 * WEEK ? weekFrom(0, measures, range) : null);
  if (!last || !first) return null;
  const difference = last.mean - first.mean;
  // Twice the standard error: what is within it may be chance, such as one odd morning in a week.
  const doubt = 2 * Math.sqrt(last.variance / last.count + first.variance / first.count);
  return Math.abs(difference) > doubt ? difference : 0;
}

function weekFrom(index: number, measures: Measure[], range: DayRange) {
  const within = measures
    .map(({ at, value }) => ({ day: dayOf(at, range), value }))
    .filter(({ day }) => day >= index && day < index + WEEK);
  const days = new Set(within.map(({ day }) => day));
  if (within.length < LEAST_MEASURES || days.size < LEAST_DAYS) return null;
  const values = within.map(({ value }) => value);
  const average = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1);
  return { mean: average, variance, count: values.length };
}
