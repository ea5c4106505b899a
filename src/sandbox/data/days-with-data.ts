import type { Person } from '../people.ts';
import { type Days, daysBetween } from './asked.ts';
import { dayOf } from './calendar.ts';
import { DAYS_BEFORE_OPENING } from './measures/history.ts';

/** When the sandbox was first opened, in milliseconds: two years before, everybody's history begins. */
export interface History {
  openedAt: number;
}

/** The days asked for that the person has lived through with a device, oldest first; today's included. */
export function daysLived({ openedAt }: History, person: Person, now: number, asked: Days): number[] {
  const first = Math.max(asked.first, dayOf(openedAt, person.timezone) - DAYS_BEFORE_OPENING);
  return daysBetween(first, Math.min(asked.last, dayOf(now, person.timezone)));
}
