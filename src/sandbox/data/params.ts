import { SECOND } from '../clock.ts';
import type { Fields } from '../input.ts';
import { type Answer, invalidParams } from '../wire/answers.ts';
import { parseYmd } from './calendar.ts';
import type { Asked } from './serve.ts';

/**
 * @differs sleep getsummary (S): 300 rows a page
 * @differs getactivity (I): 300 rows a page, as of sleep summaries
 * @differs getworkouts (I): 300 rows a page, as of sleep summaries
 */
const PAGE = 300;

/** Either calendar days, both included, or what has changed since (milliseconds). */
export interface Days {
  first: number;
  last: number;
  since: number;
}

/**
 * startdateymd with enddateymd, or lastupdate (documented). The refusals are inferred.
 *
 * @differs getactivity (S): dates beside `lastupdate`, which the document forbids, are let be: `lastupdate` wins
 * @differs getworkouts (S): dates beside `lastupdate`, which the document forbids, are let be: `lastupdate` wins
 * @differs sleep getsummary (S): dates beside `lastupdate`, which the document forbids, are let be: `lastupdate` wins
 */
export function readDays(fields: Fields): Days | Answer {
  const [from, to, lastupdate] = ['startdateymd', 'enddateymd', 'lastupdate'].map((name) => fields.get(name));
  if (lastupdate) {
    if (!/^\d{1,12}$/.test(lastupdate)) return invalidParams('invalid lastupdate');
    return { first: 0, last: Number.POSITIVE_INFINITY, since: Number(lastupdate) * SECOND };
  }
  const first = parseYmd(from ?? '');
  const last = parseYmd(to ?? '');
  if (first === undefined) return invalidParams('invalid startdateymd');
  if (last === undefined) return invalidParams('invalid enddateymd');
  return { first, last, since: 0 };
}

/** startdate and enddate in seconds, as milliseconds; an empty value counts as not sent. */
export function readTimes(fields: Fields): { start: number | undefined; end: number | undefined } | Answer {
  const wrong = ['startdate', 'enddate'].find((name) => !/^\d{0,12}$/.test(fields.get(name) ?? ''));
  if (wrong) return invalidParams(`invalid ${wrong}`);
  const read = (name: string) => (fields.get(name) ? Number(fields.get(name)) * SECOND : undefined);
  return { start: read('startdate'), end: read('enddate') };
}

export function isRefusal(read: object): read is Answer {
  return 'status' in read;
}

/** One page and the way to the next; `more` is a boolean here, and 1 in getmeas (both documented). */
export function page<Row>(
  rows: Row[],
  { fields, rows: size = PAGE }: Asked,
): { rows: Row[]; more: boolean; offset: number } {
  const asked = Number(fields.get('offset') ?? 0);
  const offset = Number.isSafeInteger(asked) && asked > 0 ? asked : 0;
  const next = offset + size;
  const more = rows.length > next;
  return { rows: rows.slice(offset, next), more, offset: more ? next : 0 };
}

/** Of all that is known, what `data_fields` names; undefined when it names nothing. */
export function pick<Known extends object>(known: Known, fields: Fields): Partial<Known> | undefined {
  const asked = fields.get('data_fields');
  if (!asked) return undefined;
  const wanted = new Set(asked.split(',').map((name) => name.trim()));
  return Object.fromEntries(Object.entries(known).filter(([name]) => wanted.has(name))) as Partial<Known>;
}

/** As a list of whole days that lie within both. */
export function daysBetween(first: number, last: number): number[] {
  return last < first ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
