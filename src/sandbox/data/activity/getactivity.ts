import { DAY, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { type Answer, success } from '../../wire/answers.ts';
import { midnight, ymd } from '../calendar.ts';
import { daysWithData, type History, modifiedAt } from '../days-with-data.ts';
import { memoizeDay } from '../memoize-day.ts';
import { noise } from '../noise.ts';
import { isRefusal, page, pick, readDays } from '../params.ts';
import type { Asked } from '../serve.ts';
import { endOfDay, lastQuarterEnd, type Quarter, quartersOf } from './quarters.ts';
import { knowsHeart, type Tracker, trackersOf } from './tracker.ts';

/**
 * Days of activity; the day that is not over grows.
 *
 * @differs getactivity (I): in the order of the changes, the oldest first
 * @differs getactivity (I): without `data_fields`: everything
 */
export function getActivity(asked: Asked, history: History): Answer {
  const { person, fields, now } = asked;
  const days = readDays(fields);
  if (isRefusal(days)) return days;
  const trackers = trackersOf(person);
  const known = daysWithData(history, person, now, days)
    .filter((day) => now - midnight(day, person.timezone) >= 900 * SECOND)
    .map((day) => ({ day, modified: modifiedAt(history, person, lastQuarterEnd(person, day, now)) }))
    .filter(({ modified }) => modified >= days.since)
    .flatMap((row) => trackers.map((tracker) => ({ ...row, tracker })));
  const { rows, more, offset } = page(known, asked);
  const activities = rows.map(({ day, tracker, modified }) => {
    const totals = countedBy(tracker, person, day, now);
    return { ...(pick(totals, fields) ?? totals), ...about(person, tracker, day, modified) };
  });
  return success({ activities, more, offset });
}

/** A phone that lies about beside something worn counts more or fewer steps, and knows nothing else. */
function countedBy({ deviceid }: Tracker, person: Person, day: number, now: number) {
  const totals = now < endOfDay(person, day) ? totalsOf(person, day, now) : totalsOfWholeDay(person, day);
  if (deviceid || !knowsHeart(person)) return totals;
  const share = 0.6 + noise(person.userId, day, 28) * 0.5;
  const { steps, distance, ...still } = totals;
  const nothing = Object.fromEntries(Object.keys(still).map((name) => [name, 0]));
  return { steps: Math.round(steps * share), distance: round(distance * share), ...nothing };
}

const totalsOfWholeDay = memoizeDay((person, day) => totalsOf(person, day, endOfDay(person, day)));

/** Distance in m, times in s, energy in kcal. Keys in the recorded order. */
function totalsOf(person: Person, day: number, now: number) {
  const quarters = quartersOf(person, day, now);
  const sum = (of: (quarter: Quarter) => number) =>
    quarters.reduce((total, quarter) => total + of(quarter), 0);
  const moved = (when: (quarter: Quarter) => boolean) =>
    sum((quarter) => (when(quarter) ? quarter.moving : 0));
  const soft = moved(({ steps, training }) => !training && steps < 200);
  const moderate = moved(({ steps, training }) => !training && steps >= 200);
  const intense = moved(({ training }) => training);
  const calories = sum((quarter) => quarter.calories);
  const atRest = (person.weightKg * 21.6 * quarters.length * 900 * SECOND) / DAY;
  return {
    steps: sum(({ steps }) => steps),
    distance: round(sum(({ distance }) => distance)),
    elevation: sum(({ floors }) => floors),
    soft,
    moderate,
    intense,
    active: moderate + intense,
    calories: round(calories),
    totalcalories: round(calories + atRest),
    ...(knowsHeart(person) ? heartOf(quarters) : {}),
  };
}

function heartOf(quarters: Quarter[]) {
  const pulses = quarters.map(({ pulse }) => pulse);
  const seconds = (least: number, below: number) =>
    pulses.filter((pulse) => pulse >= least && pulse < below).length * 900;
  return {
    hr_average: Math.round(pulses.reduce((sum, pulse) => sum + pulse, 0) / pulses.length),
    hr_min: Math.min(...pulses),
    hr_max: Math.max(...pulses),
    hr_zone_0: seconds(0, 95),
    hr_zone_1: seconds(95, 125),
    hr_zone_2: seconds(125, 150),
    hr_zone_3: seconds(150, 999),
  };
}

/**
 * Brand 1 is Withings, 18 anything else (documented).
 *
 * @differs getactivity (S): a row of a date for each that counted: `is_tracker` true and brand 1, or false and brand 18, where
 * `deviceid` and `hash_deviceid` are `null`
 */
function about(person: Person, { deviceid, modelid, model }: Tracker, day: number, modified: number) {
  return {
    deviceid,
    hash_deviceid: deviceid,
    timezone: person.timezone,
    date: ymd(day),
    modified: Math.floor(modified / SECOND),
    brand: deviceid ? 1 : 18,
    modelid,
    model,
    is_tracker: deviceid !== null,
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
