import { DAY, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { type Answer, success } from '../../wire/answers.ts';
import { dayOf } from '../calendar.ts';
import { daysWithData, type History } from '../days-with-data.ts';
import { isRefusal, pick, readTimes } from '../params.ts';
import type { Asked } from '../serve.ts';
import { type Quarter, quartersOf } from './quarters.ts';
import { knowsHeart, trackersOf } from './tracker.ts';

/** By quarter of an hour; of more than a day the first day, of no range the last one (documented). */
export function getIntradayActivity({ person, fields, now }: Asked, history: History): Answer {
  const times = readTimes(fields);
  if (isRefusal(times)) return times;
  const start = times.start ?? (times.end ?? now) - DAY;
  const end = Math.min(times.end ?? now, start + DAY);
  const days = { first: dayOf(start, person.timezone), last: dayOf(end, person.timezone), since: 0 };
  const [tracker] = trackersOf(person);
  if (!tracker) return success({ series: {} });
  const { deviceid, model, modelid } = tracker;
  const moved = daysWithData(history, person, now, days)
    .flatMap((day) => quartersOf(person, day, now))
    .filter(({ at, steps, training }) => at >= start && at <= end && (steps > 0 || training));
  const series = moved.map((quarter) => {
    const values = valuesOf(person, quarter);
    const device = { ...(deviceid ? { deviceid } : {}), model, model_id: modelid };
    return [quarter.at / SECOND, { ...device, ...(pick(values, fields) ?? values) }];
  });
  return success({ series: Object.fromEntries(series) });
}

function valuesOf(person: Person, { steps, floors, calories, distance, moving, pulse }: Quarter) {
  const walked = {
    steps,
    elevation: floors,
    calories: Math.round(calories * 1000) / 1000,
    distance: Math.round(distance * 1000) / 1000,
    duration: moving,
  };
  return knowsHeart(person) ? { ...walked, heart_rate: pulse } : walked;
}
