import { MINUTE } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { midnight, weekday } from '../calendar.ts';
import { noise } from '../noise.ts';
import { type Workout, workoutOf } from './workouts.ts';

const QUARTER = 15 * MINUTE;
/** Sunday to Saturday: how much people walk. */
const WEEK = [0.78, 1.02, 1, 1.06, 1, 1.1, 0.94];
/** How a day's steps are spread over its hours. */
const HOURS = [0, 0, 0, 0, 0, 0, 2, 7, 9, 5, 5, 6, 9, 6, 5, 5, 7, 10, 9, 6, 4, 3, 2, 0];

/** A quarter of an hour; `at` in milliseconds, distance in m, calories in kcal, duration of movement in s. */
export interface Quarter {
  at: number;
  steps: number;
  distance: number;
  floors: number;
  calories: number;
  moving: number;
  pulse: number;
  training: boolean;
}

/** A day's quarters that are over by `now`, the still ones included: 96, or 92 and 100 where clocks are changed. */
export function quartersOf(person: Person, day: number, now: number): Quarter[] {
  const start = midnight(day, person.timezone);
  const quarters = Math.round((endOfDay(person, day) - start) / QUARTER);
  const workout = workoutOf(person, day);
  const over = Math.min(quarters, Math.floor((now - start) / QUARTER));
  return Array.from({ length: Math.max(0, over) }, (_, since) => {
    // What the clocks show: they are changed, where they are, at night.
    const index = since < 16 ? since : since + 96 - quarters;
    const walked = stroll(person, day, index);
    const luck = noise(person.userId, day, index, 24);
    return quarter(person, start + since * QUARTER, index, walked, workout, luck);
  });
}

/** From then on nothing of the day changes. */
export function endOfDay({ timezone }: Person, day: number): number {
  return midnight(day + 1, timezone);
}

/** When the last of those that are over by `now` ended. */
export function lastQuarterEnd(person: Person, day: number, now: number): number {
  const start = midnight(day, person.timezone);
  return Math.min(endOfDay(person, day), now - ((now - start) % QUARTER));
}

/** Steps of everyday life. */
function stroll({ userId }: Person, day: number, index: number): number {
  const mood = 0.6 + noise(userId, day, 20) * 0.8;
  const level = 5200 + noise(userId, 21) * 4800;
  const share = (HOURS[Math.floor(index / 4)] ?? 0) / 400;
  const luck = noise(userId, day, index, 22);
  return luck < 0.25 ? 0 : Math.round(level * mood * (WEEK[weekday(day)] ?? 1) * share * (luck * 1.8 + 0.1));
}

function quarter(
  person: Person,
  at: number,
  index: number,
  walked: number,
  workout: Workout | undefined,
  luck: number,
): Quarter {
  const trained = workout ? overlap(workout, at) : 0;
  const steps = walked + Math.round(trained * (workout?.cadence ?? 0));
  const stride = (person.heightCm / 100) * 0.414;
  const ride = workout && workout.cadence === 0 ? trained * workout.speed : 0;
  const resting = person.bloodPressure.pulse - (index < 26 ? 7 : 0);
  const effort = trained > 5 ? 62 + (workout?.effort ?? 0) * 22 : Math.min(38, steps / 30);
  return {
    at,
    steps,
    distance: steps * stride + ride,
    floors: steps > 250 && luck > 0.72 ? 1 + Math.floor(luck * 3) : 0,
    calories: (steps * 0.038 + trained * (workout?.burn ?? 0) * 0.6) * (person.weightKg / 70),
    moving: Math.min(900, Math.round(walked / 1.7 + trained * 60)),
    pulse: Math.round(resting + effort + luck * 6),
    training: trained > 5,
  };
}

/** Minutes of the workout that fall into the quarter. */
function overlap({ start, end }: Workout, at: number): number {
  return Math.max(0, Math.min(end, at + QUARTER) - Math.max(start, at)) / MINUTE;
}
