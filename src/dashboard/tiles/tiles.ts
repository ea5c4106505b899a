import { addDays, type DayRange, lastDays } from '../../time/days.ts';
import type { ActivityDay, List, Measure, Night } from '../../withings/data/records.ts';
import type { Result } from '../../withings/errors.ts';
import { type Sparkline, sparkline } from '../charts/sparkline.ts';
import type { Everything } from '../data-loader.ts';
import { dayOf, grouped, mean } from '../panels/groups.ts';
import { pressuresOf } from '../panels/heart.ts';
import { isSure, newestFirst, quantityWords } from '../panels/measures.ts';
import { sleepsOf } from '../panels/nights.ts';
import { daysOf } from '../panels/steps.ts';
import { weightsOf } from '../panels/weight.ts';
import type { Quantity, Wording } from '../preferences/wording.ts';
import { duration, unbroken } from '../words.ts';
import { meanWords, usualWords } from './usual.ts';

/** The latest of one kind, for whoever comes to see that: it leads to the panel of that name. */
export interface Tile {
  id: 'weight' | 'heart' | 'steps' | 'sleep';
  label: string;
  /** When it was measured: a day is enough here. */
  when: string;
  figure: Quantity;
  /** What is usual for the person, and how this differs. */
  words: string;
  sparkline: Sparkline;
}

/** What is usual is told of a month, whatever the panels show. */
const DAYS = 30;

type Show<T> = (list: List<T>, range: DayRange, wording: Wording) => Tile | null;

/** Differences that nobody would notice, in the units of Withings. */
const LEAST = { kg: 0.3, mmHg: 3, steps: 100, seconds: 600 };
/** Sparklines of less are not spread over the whole height. */
const MIN_SPAN = { kg: 1, mmHg: 20, steps: 1000, seconds: 3600 };

/** In this order. What was not measured, shared or answered has none: its panel says why. */
export function tilesOf(
  { measures, activity, nights }: Pick<Everything, 'measures' | 'activity' | 'nights'>,
  now: number,
  wording: Wording,
): Tile[] {
  const range = lastDays(DAYS, now, wording.zone);
  const show = <T>(result: Result<List<T>>, tile: Show<T>) =>
    result.ok ? (tile(result.value, range, wording) ?? []) : [];
  return [
    show(measures, weightTile),
    show(measures, pressureTile),
    show(activity, stepsTile),
    show(nights, sleepTile),
  ]
    .flat()
    .map((tile) => ({ ...tile, words: unbroken(tile.words) }));
}

const weightTile: Show<Measure> = ({ rows, isCut }, range, wording) => {
  const found = weightsOf(newestFirst(rows)).filter((row) => isSure(row) && row.at.getTime() >= range.from);
  const [latest] = found;
  if (!latest) return null;
  const days = grouped(found, ({ at }) => dayOf(at, range), range, wording).map(({ first, rows: same }) => {
    const value = mean(same.map((row) => row.value));
    return { day: first, low: value, high: value };
  });
  const compared = {
    value: latest.value,
    before: days.slice(1).map(({ high }) => high),
    least: LEAST.kg,
    words: (kg: number) => quantityWords(wording.massChange(kg)),
  };
  return {
    id: 'weight',
    label: 'Weight',
    when: dayWords(dayOf(latest.at, range), range, wording),
    figure: wording.mass(latest.value),
    words: isCut ? '' : usualWords([compared], 'days'),
    sparkline: sparkline(days.reverse(), range.days, MIN_SPAN.kg),
  };
};

const pressureTile: Show<Measure> = ({ rows, isCut }, range, wording) => {
  const found = pressuresOf(newestFirst(rows)).filter((row) => isSure(row) && row.at.getTime() >= range.from);
  const [latest] = found;
  if (!latest) return null;
  const days = grouped(found, ({ at }) => dayOf(at, range), range, wording).map(({ first, rows: same }) => ({
    day: first,
    low: mean(same.map(({ diastolic }) => diastolic)),
    high: mean(same.map(({ systolic }) => systolic)),
  }));
  const before = days.slice(1);
  const whole = (mmHg: number) => wording.number(mmHg, 0);
  const compared = [
    { value: latest.systolic, before: before.map(({ high }) => high), name: 'systolic' },
    { value: latest.diastolic, before: before.map(({ low }) => low), name: 'diastolic' },
  ].map(({ name, ...rest }) => {
    return { ...rest, least: LEAST.mmHg, words: (mmHg: number) => `${name} ${whole(mmHg)}` };
  });
  return {
    id: 'heart',
    label: 'Pressure',
    when: dayWords(dayOf(latest.at, range), range, wording),
    figure: { value: `${whole(latest.systolic)}/${whole(latest.diastolic)}`, unit: 'mmHg' },
    words: isCut ? '' : usualWords(compared, 'days'),
    sparkline: sparkline(days.reverse(), range.days, MIN_SPAN.mmHg),
  };
};

const stepsTile: Show<ActivityDay> = ({ rows, isCut }, range, wording) => {
  const [latest, ...before] = daysOf(rows, range);
  if (!latest) return null;
  const isRunning = latest.date === range.today;
  const count = (steps: number) => wording.number(steps, 0);
  const counts = before.map(({ steps }) => steps);
  const compared = { value: latest.steps, before: counts, least: LEAST.steps, words: count };
  const sparks = [latest, ...before].map(({ date, steps }) => ({
    day: range.indexOf(date),
    low: 0,
    high: steps,
  }));
  return {
    id: 'steps',
    label: 'Steps',
    when: isRunning ? 'so far today' : dayWords(range.indexOf(latest.date), range, wording),
    figure: { value: count(latest.steps), unit: '' },
    words: isCut ? '' : isRunning ? meanWords(counts, count) : usualWords([compared], 'days'),
    sparkline: sparkline(sparks.reverse(), range.days, MIN_SPAN.steps),
  };
};

const sleepTile: Show<Night> = ({ rows, isCut }, range, wording) => {
  const nights = sleepsOf(rows, range).flatMap(({ date, night }) =>
    night?.asleepSeconds ? [{ day: range.indexOf(date), low: 0, high: night.asleepSeconds }] : [],
  );
  const [latest, ...before] = nights;
  if (!latest) return null;
  const compared = {
    value: latest.high,
    before: before.map(({ high }) => high),
    least: LEAST.seconds,
    words: (seconds: number) => duration(seconds * 1000),
  };
  return {
    id: 'sleep',
    label: 'Sleep',
    when: latest.day === range.days - 1 ? 'last night' : dayWords(latest.day, range, wording),
    figure: { value: wording.hours(latest.high), unit: '' },
    words: isCut ? '' : usualWords([compared], 'nights'),
    sparkline: sparkline(nights.reverse(), range.days, MIN_SPAN.seconds),
  };
};

function dayWords(day: number, { days, first }: DayRange, wording: Wording): string {
  return day === days - 1 ? 'today' : wording.shortDay(addDays(first, day));
}
