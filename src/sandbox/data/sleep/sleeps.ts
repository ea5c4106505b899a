import { MINUTE } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { clockTime, weekday } from '../calendar.ts';
import { DEVICES, type Device, owned } from '../devices.ts';
import { memoizeDay } from '../memoize-day.ts';
import { noise, swing } from '../noise.ts';

const SYNC = 6 * MINUTE;

/**
 * A night as one device saw it, or a nap. It belongs to the day it ends on. Times in milliseconds; `syncedAt`: when the
 * device handed it over.
 */
export interface Sleep {
  /** Tells apart what one day has: from 0 to 9. */
  kind: number;
  day: number;
  start: number;
  end: number;
  syncedAt: number;
  device: Device;
}

/** Every sleep that ended on a day, as they ended. One night in twenty-five goes unnoticed. */
export const sleepsOf = memoizeDay((person, day): readonly Sleep[] => [
  ...nightOf(person, day),
  ...napOf(person, day),
]);

/** A mat and what is worn each have their own opinion of it. */
function nightOf(person: Person, day: number): Sleep[] {
  const { userId, timezone, owns } = person;
  if (noise(userId, day, 40) < 0.04) return [];
  const late = weekday(day) === 0 || weekday(day) === 6 ? 40 * MINUTE : 0;
  const start = clockTime(day, -1.25, timezone) + late + wholeMinutes(swing(userId, day, 41) * 40);
  const end = clockTime(day, 6.4, timezone) + late * 1.5 + wholeMinutes(swing(userId, day, 42) * 30);
  const worn = owned(owns, 'watch', 'band');
  const night = { day, start, end, syncedAt: end + SYNC };
  return [
    ...(owns.includes('mat') ? [{ ...night, kind: 0, device: DEVICES.mat }] : []),
    ...(worn ? [{ ...night, kind: 1, device: worn, start: start + 7 * MINUTE, end: end - 3 * MINUTE }] : []),
  ];
}

function napOf({ userId, timezone, owns, habits }: Person, day: number): Sleep[] {
  if (!habits.includes('naps') || !owns.includes('mat') || noise(userId, day, 48) > 0.25) return [];
  const start = clockTime(day, 13, timezone) + Math.floor(noise(userId, day, 49) * 90) * MINUTE;
  const end = start + (22 + Math.floor(noise(userId, day, 29) * 20)) * MINUTE;
  return [{ day, start, end, syncedAt: end + SYNC, kind: 2, device: DEVICES.mat }];
}

function wholeMinutes(minutes: number): number {
  return Math.round(minutes) * MINUTE;
}
