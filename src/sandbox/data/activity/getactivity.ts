import { DAY, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { type Answer, success } from '../../wire/answers.ts';
import { midnight, ymd } from '../calendar.ts';
import { daysWithData, type History } from '../days-with-data.ts';
import { memoizeDay } from '../memoize-day.ts';
import { isRefusal, page, pick, readDays } from '../params.ts';
import type { Asked } from '../serve.ts';
import { endOfQuarters, lastQuarterEnd, type Quarter, quartersOf } from './quarters.ts';
import { type Tracker, trackerOf } from './tracker.ts';

/** Days of activity, oldest first; the one that is not over grows. Without data_fields: all (inferred). */
export function getActivity({ person, fields, now }: Asked, history: History): Answer {
  const asked = readDays(fields);
  if (isRefusal(asked)) return asked;
  const tracker = trackerOf(person);
  const days = daysWithData(history, person, now, asked).filter((day) =>
    hasChanged(person, day, asked.since, now),
  );
  const { rows, more, offset } = page(tracker ? days : [], fields);
  const activities = rows.map((day) => {
    const totals =
      now < endOfQuarters(person, day) ? totalsOf(person, day, now) : totalsOfWholeDay(person, day);
    return { ...(pick(totals, fields) ?? totals), ...(tracker && about(person, tracker, day, now)) };
  });
  return success({ activities, more, offset });
}

const totalsOfWholeDay = memoizeDay((person, day) => totalsOf(person, day, endOfQuarters(person, day)));

/** The first quarter of an hour of the day is over, and it has changed since. */
function hasChanged({ timezone }: Person, day: number, since: number, now: number): boolean {
  const begun = now - midnight(day, timezone) >= 900 * SECOND;
  return begun && since <= Math.min(now, midnight(day + 1, timezone));
}

/** Distance in m, times in s, energy in kcal. Keys in the recorded order. */
function totalsOf(person: Person, day: number, now: number) {
  const quarters = quartersOf(person, day, now);
  const sum = (of: (quarter: Quarter) => number, some: (quarter: Quarter) => boolean = () => true) =>
    quarters.filter(some).reduce((total, quarter) => total + of(quarter), 0);
  const soft = sum(
    ({ moving }) => moving,
    ({ steps, training }) => !training && steps < 200,
  );
  const moderate = sum(
    ({ moving }) => moving,
    ({ steps, training }) => !training && steps >= 200,
  );
  const intense = sum(
    ({ moving }) => moving,
    ({ training }) => training,
  );
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
    ...(person.owns.includes('watch') ? heartOf(quarters) : {}),
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

/** Brand 1 is Withings, 18 anything else (documented). */
function about(person: Person, { deviceid, modelid, model }: Tracker, day: number, now: number) {
  return {
    deviceid,
    hash_deviceid: deviceid,
    timezone: person.timezone,
    date: ymd(day),
    modified: Math.floor(lastQuarterEnd(person, day, now) / SECOND),
    brand: deviceid ? 1 : 18,
    modelid,
    model,
    is_tracker: deviceid !== null,
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
