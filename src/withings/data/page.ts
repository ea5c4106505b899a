import { z } from 'zod';
import { flag, number } from './fields.ts';

/** How a service sends its rows, and what is in one. */
export interface Service<T> {
  /** The field of the body that they come in. */
  field: string;
  /**
   * What a row holds; null for each piece of it that makes no sense or cannot be: one odd piece must not cost the rest.
   *
   * @param now milliseconds since 1970
   */
  read(row: unknown, now: number): (T | null)[];
  /** When that was, milliseconds since 1970. */
  at(record: T): number;
  /** Two records of the same name are one that came twice. */
  nameOf(record: T): string;
}

/** One page of a list, its rows as they came. */
export interface Page {
  rows: unknown[];
  more: boolean;
  /** Where the next page begins, if Withings says so. */
  offset: number | null;
  timezone: string | null;
}

/** `more` is 1 in getmeas and true elsewhere (documented), and left out with `offset` when nothing follows (seen). */
export const pageBody = z.looseObject({
  more: flag,
  offset: number.pipe(z.int().positive()).nullable().catch(null),
  timezone: z.string().nullable().catch(null),
});

/** Null: there is no list in it. */
export function readPage(
  body: z.infer<typeof pageBody>,
  { field }: Pick<Service<unknown>, 'field'>,
): Page | null {
  const rows = rowsIn(body[field]);
  const { more, offset, timezone } = body;
  return rows && { rows, more, offset, timezone };
}

/**
 * Rows come as a list; as an object whose values they are, as PHP writes a list with gaps; or one by itself (seen). Null:
 * none of these.
 */
export function rowsIn(value: unknown): unknown[] | null {
  if (value === null) return [];
  if (typeof value !== 'object') return null;
  if (Array.isArray(value)) return value;
  return isRow(value) ? [value] : Object.values(value);
}

/** The same as a schema. */
export const rows = z.unknown().transform((value, { issues }) => {
  const found = rowsIn(value);
  if (!found) issues.push({ code: 'custom', message: 'no rows', input: value });
  return found ?? [];
});

/** A row has fields with names and plain values; a map of rows has ids and rows. */
function isRow(value: object): boolean {
  return Object.entries(value).some(
    ([name, field]) => /^[a-z_]+$/i.test(name) && field !== null && typeof field !== 'object',
  );
}
