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

/** Summaries come 300 a page (recorded): half a year with its naps is one. */
const MAX_DAYS_A_CALL = 190;

/** Calendar days, such as "2026-11-24", in as many calls as they need; newest first. */
export function days(first: string, last: string): Stretch[] {
  const ymd = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);
  const all: Stretch = {
    first: Date.parse(first) / DAY_MS,
    last: Date.parse(last) / DAY_MS,
    stepsADay: 1,
    fields: (from, to) => ({ startdateymd: ymd(from), enddateymd: ymd(to) }),
  };
  return inParts(all, Math.ceil(daysOf(all) / MAX_DAYS_A_CALL));
}

/** What lies between two moments: measures come in pages that hold years. */
export function moments(from: Date, until: Date): Stretch[] {
  const [first, last] = [from, until].map((at) => Math.max(0, Math.floor(at.getTime() / 1000)));
  const fields = (start: number, end: number) => ({ startdate: String(start), enddate: String(end) });
  return [{ first: first ?? 0, last: last ?? 0, stepsADay: DAY_MS / 1000, fields }];
}

/** What is the same whenever it is asked for. */
export const ALWAYS: Stretch[] = [{ first: 0, last: 0, stepsADay: 1, fields: () => ({}) }];

export function daysOf({ first, last, stepsADay }: Stretch): number {
  return (last - first + 1) / stepsADay;
}

/** The same in equal parts, newest first. Never less than a step each, so that there may be fewer of them. */
export function inParts(stretch: Stretch, parts: number): Stretch[] {
  const steps = stretch.last - stretch.first + 1;
  const begin = (part: number) => stretch.first + Math.ceil((steps * part) / parts);
  return Array.from({ length: parts }, (_, part) => ({
    ...stretch,
    first: begin(part),
    last: begin(part + 1) - 1,
  }))
    .filter(({ first, last }) => first <= last)
    .reverse();
}
