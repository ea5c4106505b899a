import { MINUTE } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { clockTime } from '../calendar.ts';
import { owned } from '../devices.ts';
import { noise } from '../noise.ts';

/** Numbers of the documented table of workouts; steps a minute, metres a minute, kcal a minute. */
const KINDS: Record<number, { cadence: number; speed: number; burn: number }> = {
  1: { cadence: 112, speed: 86, burn: 5 },
  2: { cadence: 164, speed: 172, burn: 11 },
  6: { cadence: 0, speed: 350, burn: 8 },
  187: { cadence: 0, speed: 205, burn: 10 },
};

/** Times in milliseconds. */
export interface Workout {
  category: number;
  start: number;
  end: number;
  /** From 0, easy, to 1. */
  effort: number;
  cadence: number;
  speed: number;
  burn: number;
}

/** Two or three a week, for those whose watch would notice. */
export function workoutOf(person: Person, day: number): Workout | undefined {
  const { userId, sport, timezone } = person;
  const kind = KINDS[sport.category];
  if (!kind || !owned(person.owns, 'watch') || noise(userId, day, 30) > 0.38) return undefined;
  const minutes = (name: number, most: number) => Math.floor(noise(userId, day, name) * most) * MINUTE;
  const start = clockTime(day, sport.hour, timezone) + minutes(31, 40);
  const end = start + 26 * MINUTE + minutes(32, 35);
  return { category: sport.category, start, end, effort: noise(userId, day, 33), ...kind };
}
