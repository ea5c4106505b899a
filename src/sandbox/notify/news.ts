import { HOUR, SECOND } from '../clock.ts';
import { quartersOf } from '../data/activity/quarters.ts';
import { trackersOf } from '../data/activity/tracker.ts';
import { dayOf, ymd } from '../data/calendar.ts';
import { recordingOf } from '../data/heart/recordings.ts';
import { groupsOfDay } from '../data/measures/day.ts';
import { daysBetween } from '../data/params.ts';
import { sleepsOf } from '../data/sleep/sleeps.ts';
import type { Person } from '../people.ts';

/** What a person's devices have brought after `since` and up to `now` (milliseconds), as a notification says it. */
export function newsOf(
  person: Person,
  appli: number,
  since: number,
  now: number,
): Record<string, string> | undefined {
  const found = spansOf(person, appli, since, now).filter(
    ({ syncedAt }) => syncedAt > since && syncedAt <= now,
  );
  if (found.length === 0) return undefined;
  const start = Math.min(...found.map((span) => span.start));
  const end = Math.max(...found.map((span) => span.end));
  return {
    startdate: String(start / SECOND),
    enddate: String(end / SECOND),
    ...(appli === 16 ? { date: ymd(dayOf(end - 1, person.timezone)) } : {}),
  };
}

/** The meastypes that a category is about: weight, temperature, blood pressure and oxygen. */
const MEASURED: Record<number, readonly number[]> = { 1: [1], 2: [71], 4: [10, 54] };

interface Span {
  start: number;
  end: number;
  /** When the device handed it over. */
  syncedAt: number;
}

function spansOf(person: Person, appli: number, since: number, now: number): Span[] {
  const days = daysBetween(dayOf(since, person.timezone), dayOf(now, person.timezone));
  if (appli in MEASURED) return days.flatMap((day) => measured(person, day, MEASURED[appli] ?? []));
  if (appli === 16) return days.flatMap((day) => walked(person, day, since, now));
  if (appli === 44) return days.flatMap((day) => sleepsOf(person, day));
  if (appli === 54) return days.flatMap((day) => recorded(person, day));
  return [];
}

function measured(person: Person, day: number, meastypes: readonly number[]): Span[] {
  return groupsOfDay(person, day)
    .filter(({ measures }) => measures.some(({ type }) => meastypes.includes(type)))
    .map(({ date, created }) => ({ ...momentOf(date * SECOND), syncedAt: created * SECOND }));
}

function recorded(person: Person, day: number): Span[] {
  const recording = recordingOf(person, day);
  return recording ? [momentOf(recording.at)] : [];
}

function momentOf(at: number): Span {
  return { start: at, end: at + SECOND, syncedAt: at };
}

/** A watch or phone hands its steps over at the full hour. */
function walked(person: Person, day: number, since: number, now: number): Span[] {
  if (trackersOf(person).length === 0) return [];
  return quartersOf(person, day, now)
    .filter(({ at, steps }) => steps > 0 && at >= since - HOUR)
    .map(({ at }) => ({ start: at, end: at + 900 * SECOND, syncedAt: (Math.floor(at / HOUR) + 1) * HOUR }));
}
