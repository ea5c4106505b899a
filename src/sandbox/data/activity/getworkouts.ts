import { MINUTE, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { type Answer, success } from '../../wire/answers.ts';
import { ymd } from '../calendar.ts';
import { daysWithData, type History } from '../days-with-data.ts';
import { DEVICES, deviceId } from '../devices.ts';
import { noise } from '../noise.ts';
import { isRefusal, page, pick, readDays } from '../params.ts';
import type { Asked } from '../serve.ts';
import { type Workout, workoutOf } from './workouts.ts';

/** A watch hands a workout over when it has ended. */
const SYNC = 4 * MINUTE;

/** @differs getworkouts (I): the oldest first; without `data_fields`: everything */
export function getWorkouts(asked: Asked, history: History): Answer {
  const { person, fields, now } = asked;
  const days = readDays(fields);
  if (isRefusal(days)) return days;
  const known = daysWithData(history, person, now, days).flatMap((day) => {
    const workout = workoutOf(person, day);
    const syncedAt = workout && workout.end + SYNC;
    return syncedAt && syncedAt <= now && syncedAt >= days.since ? [{ day, workout }] : [];
  });
  const { rows, more, offset } = page(known, asked);
  const series = rows.map(({ day, workout }) => {
    const data = dataOf(person, workout);
    return {
      ...about(person, day, workout),
      data: pick(data, fields) ?? data,
      modified: seconds(workout.end + SYNC),
    };
  });
  return success({ series, more, offset });
}

/** Times in s, energy in kcal, distance in m. */
function dataOf(person: Person, workout: Workout) {
  const minutes = (workout.end - workout.start) / MINUTE;
  const pulse = Math.round(person.bloodPressure.pulse + 66 + workout.effort * 20);
  return {
    calories: Math.round((minutes * workout.burn * person.weightKg) / 70),
    intensity: Math.round(30 + workout.effort * 50),
    manual_distance: 0,
    manual_calories: 0,
    hr_average: pulse,
    hr_min: pulse - 27,
    hr_max: pulse + 19,
    hr_zone_0: 120,
    hr_zone_1: Math.round(minutes * 12),
    hr_zone_2: Math.round(minutes * 48) - 120,
    hr_zone_3: 0,
    pause_duration: 0,
    algo_pause_duration: 0,
    spo2_average: 96,
    steps: Math.round(minutes * workout.cadence),
    distance: Math.round(minutes * workout.speed),
    elevation: 0,
  };
}

/** `model` is a number here, unlike anywhere else (recorded). attrib 0: the watch saw it, 7: the person confirmed it. */
function about(person: Person, day: number, workout: Workout) {
  return {
    id: (person.userId % 10_000) * 100_000 + day,
    category: workout.category,
    timezone: person.timezone,
    model: DEVICES.watch.modelid,
    attrib: noise(person.userId, day, 34) < 0.2 ? 7 : 0,
    startdate: seconds(workout.start),
    enddate: seconds(workout.end),
    date: ymd(day),
    deviceid: deviceId(person.userId, DEVICES.watch),
  };
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / SECOND);
}
