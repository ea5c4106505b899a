import { DAY, HOUR } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { dayOf, midnight } from '../calendar.ts';
import { noise, swing } from '../noise.ts';

/** Masses in kg. */
export interface BodyReading {
  weight: number;
  fatPercent: number;
  fatMass: number;
  fatFreeMass: number;
  muscle: number;
  water: number;
  bone: number;
}

/** What the scale would say: a slow trend, a daily swing, heavier in the evening. `at` in milliseconds. */
export function readBody(person: Person, at: number, seed: number): BodyReading {
  const { timezone, userId } = person;
  const day = at / DAY;
  const hours = (at - midnight(dayOf(at, timezone), timezone)) / HOUR;
  const season = Math.sin(turn(day, 410) + noise(userId, 1) * 6) * 0.028;
  const month = Math.sin(turn(day, 61) + noise(userId, 2) * 6) * 0.008;
  const evening = Math.min(1, Math.max(0, (hours - 6) / 12)) * 0.9;
  const weight = person.weightKg * (1 + season + month) + evening + swing(userId, seed, 3) * 0.45;
  const fatPercent = person.fatPercent + season * 60 + swing(userId, seed, 4) * 0.4;
  const fatMass = (weight * fatPercent) / 100;
  const fatFreeMass = weight - fatMass;
  const muscle = fatFreeMass * 0.9495;
  return {
    weight,
    fatPercent,
    fatMass,
    fatFreeMass,
    muscle,
    water: fatFreeMass * (0.727 + swing(userId, seed, 5) * 0.006),
    bone: fatFreeMass - muscle,
  };
}

export interface HeartReading {
  systolic: number;
  diastolic: number;
  pulse: number;
}

/** mmHg and beats a minute. */
export function readHeart({ userId, bloodPressure }: Person, at: number, seed: number): HeartReading {
  const drift = Math.sin(turn(at / DAY, 230) + noise(userId, 6) * 6) * 3;
  const effort = swing(userId, seed, 7);
  return {
    systolic: Math.round(bloodPressure.systolic + drift + effort * 7),
    diastolic: Math.round(bloodPressure.diastolic + drift * 0.6 + effort * 4 + swing(userId, seed, 8) * 2),
    pulse: Math.round(bloodPressure.pulse + effort * 5 + swing(userId, seed, 9) * 3),
  };
}

function turn(day: number, period: number): number {
  return (2 * Math.PI * day) / period;
}
