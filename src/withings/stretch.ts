import { DAY_MS } from './data/fields.ts';

/** What one call of a list asks for: from the first to the last of whole steps since 1970, both included. */
export interface Stretch {
  first: number;
  last: number;
  /** How many steps a day has. */
  stepsADay: number;
  /** How a call says so. */
  fields(first: number, last: number): Record<string, string>;
}

/** Calendar days, such as "2026-11-24". */
export function days(first: string, last: string): Stretch {
  const ymd = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);
  return {
    first: Date.parse(first) / DAY_MS,
    last: Date.parse(last) / DAY_MS,
    stepsADay: 1,
    fields: (from, to) => ({ startdateymd: ymd(from), enddateymd: ymd(to) }),
  };
}

/** What lies between two moments. */
export function moments(from: Date, until: Date): Stretch {
  const seconds = (at: Date) => Math.max(0, Math.floor(at.getTime() / 1000));
  return {
    first: seconds(from),
    last: seconds(until),
    stepsADay: DAY_MS / 1000,
    fields: (first, last) => ({ startdate: String(first), enddate: String(last) }),
  };
}

/** What is the same whenever it is asked for. */
export const ALWAYS: Stretch = { first: 0, last: 0, stepsADay: 1, fields: () => ({}) };

export function daysOf({ first, last, stepsADay }: Stretch): number {
  return (last - first + 1) / stepsADay;
}

/** The newer half first; none of a single step. */
export function inHalves(stretch: Stretch): Stretch[] {
  const { first, last } = stretch;
  const middle = Math.floor((first + last) / 2);
  return first === last
    ? []
    : [
        { ...stretch, first: middle + 1 },
        { ...stretch, last: middle },
      ];
}

/**
 * As many of the newest steps as so many calls will bring, where the first page of the whole, oldest first, has reached
 * so far (milliseconds since 1970). Null: they will bring all of it, or newest come first anyway (`reach` null).
 */
export function newestPart(stretch: Stretch, reach: number | null, calls: number): Stretch | null {
  if (reach === null) return null;
  const { first, last, stepsADay } = stretch;
  const stepsAPage = Math.max(1, Math.floor((reach * stepsADay) / DAY_MS) - first + 1);
  if (stepsAPage * (calls + 1) > last - first) return null;
  const begin = last + 1 - stepsAPage * Math.max(1, calls - 1); // one call is for pages that reach less far
  return begin > first ? { ...stretch, first: begin } : null;
}
