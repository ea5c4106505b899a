import { HOUR, MINUTE } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { midnight, weekday } from '../calendar.ts';
import { type Device, owned } from '../devices.ts';
import { memoizeDay } from '../memoize-day.ts';
import { noise, swing } from '../noise.ts';

const SYNC = 6 * MINUTE;

/** A night belongs to the day it ends on. Times in milliseconds; `syncedAt`: when the device handed it over. */
export interface Night {
  day: number;
  start: number;
  end: number;
  syncedAt: number;
  device: Device;
}

/** One in twenty-five goes unnoticed. */
export const nightOf = memoizeDay(sleepThrough);

function sleepThrough(person: Person, day: number): Night | undefined {
  const { userId, timezone } = person;
  const device = owned(person.owns, 'mat', 'watch');
  if (!device || noise(userId, day, 40) < 0.04) return undefined;
  const morning = midnight(day, timezone);
  const late = weekday(day) === 0 || weekday(day) === 6 ? 40 * MINUTE : 0;
  const start = morning - 75 * MINUTE + late + wholeMinutes(swing(userId, day, 41) * 40);
  const end = morning + 6.4 * HOUR + late * 1.5 + wholeMinutes(swing(userId, day, 42) * 30);
  return { day, start, end, syncedAt: end + SYNC, device };
}

function wholeMinutes(minutes: number): number {
  return Math.round(minutes) * MINUTE;
}
