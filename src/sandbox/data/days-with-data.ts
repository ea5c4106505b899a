import type { Person } from '../people.ts';
import { clockTime, dayOf } from './calendar.ts';
import { type Days, daysBetween } from './params.ts';

const TEN_YEARS = 3652;

/** When the sandbox was first opened, in milliseconds: everybody's history begins so many days before. */
export interface History {
  openedAt: number;
}

/** The day on which a person's history begins. */
export function firstDay({ openedAt }: History, { timezone, habits, memberFor }: Person): number {
  return dayOf(openedAt, timezone) - (habits.includes('imported') ? TEN_YEARS : memberFor);
}

/** When whatever was measured on the days before was brought along, in milliseconds. Undefined: nothing was. */
export function importedAt(
  { openedAt }: History,
  { timezone, habits, memberFor }: Person,
): number | undefined {
  if (!habits.includes('imported')) return undefined;
  return clockTime(dayOf(openedAt, timezone) - memberFor, 20, timezone);
}

/**
 * When what ended `at` was last changed, in milliseconds.
 *
 * @differs getmeas (S): imported days were all `modified` at the moment of the import; so in all lists of days
 */
export function modifiedAt(history: History, person: Person, at: number): number {
  return Math.max(at, importedAt(history, person) ?? 0);
}

/**
 * The days of which there are data and that may have been asked for, oldest first; today's included. Whatever a day
 * brings is known by the end of the next, or with the import.
 */
export function daysWithData(history: History, person: Person, now: number, asked: Days): number[] {
  const imported = importedAt(history, person) ?? 0;
  const changed = asked.since <= imported ? 0 : dayOf(asked.since, person.timezone) - 1;
  const first = Math.max(asked.first, firstDay(history, person), changed);
  return daysBetween(first, Math.min(asked.last, dayOf(now, person.timezone)));
}
