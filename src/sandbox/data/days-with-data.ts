import type { Person } from '../people.ts';
import { dayOf } from './calendar.ts';
import { type Days, daysBetween } from './params.ts';

/** How much everybody has measured before the sandbox was first opened. */
export const DAYS_BEFORE_OPENING = 730;

/** When the sandbox was first opened, in milliseconds: two years before, everybody's history begins. */
export interface History {
  openedAt: number;
}

/** The day on which a person's history begins. */
export function firstDay({ openedAt }: History, { timezone }: Person): number {
  return dayOf(openedAt, timezone) - DAYS_BEFORE_OPENING;
}

/**
 * The days of which there are data and that may have been asked for, oldest first; today's included. Whatever a day
 * brings is known by the end of the next.
 */
export function daysWithData(history: History, person: Person, now: number, asked: Days): number[] {
  const changed = dayOf(asked.since, person.timezone) - 1;
  const first = Math.max(asked.first, firstDay(history, person), changed);
  return daysBetween(first, Math.min(asked.last, dayOf(now, person.timezone)));
}
