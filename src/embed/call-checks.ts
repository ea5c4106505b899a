import { z } from 'zod';
import type { Result } from '../withings/errors.ts';
import { shown } from './option-formats.ts';

// What is asked of an account, looked at before anybody else is asked: a caller's mistake is no failure of Withings.

/** The last so many days, or what lies between two moments. */
export type Moments = { days?: number } | { from: Date; until: Date };
/** The last so many calendar days where the person lives, today included; or days such as '2026-11-24', both included. */
export type Days = { days?: number } | { first: string; last: string };

/** @throws TypeError */
export function checkMeasures(options: Moments & { types?: number[] }): void {
  const words =
    '{ days: 30 } or { from, until }, two Dates in that order, and { types: [1] }, numbers of Withings';
  check('measures', measures, options, words);
}

/** @throws TypeError */
export function checkedDays(name: 'activity' | 'nights', asked: Days): Days {
  check(name, days, asked, "{ days: 30 } or { first: '2026-11-01', last: '2026-11-24' }, in that order");
  return asked;
}

/** @throws TypeError */
export function checkedPage<Options>(options: Options): Options {
  check('list', page, options, '{ after }, the next of the page before, and { limit: 100 }, 1000 at most');
  return options;
}

/** @throws TypeError for what is none, such as a Response of fetch, which has an `ok` as well; it may hold a person's data */
export function checkedResult<T>(answer: Result<T>): Result<T> {
  if (result.safeParse(answer).success) return answer;
  throw new TypeError(
    'use takes a function that brings a Result: { ok: true, value } or { ok: false, refusal }, as connect.withings does',
  );
}

/** From before there was a Withings. */
const length = z.int().min(1).max(10_000).optional();
const types = z.array(z.int().positive()).min(1).optional();

const measures = z
  .strictObject({ days: length, types })
  .or(z.strictObject({ from: z.date(), until: z.date(), types }).refine(({ from, until }) => from <= until));

const days = z
  .strictObject({ days: length })
  .or(z.strictObject({ first: z.iso.date(), last: z.iso.date() }).refine(({ first, last }) => first <= last));

const page = z.strictObject({
  after: z
    .string()
    .regex(/^[\w-]+$/)
    .nullish(),
  limit: z.int().min(1).max(1000).optional(),
});

const result = z.union([
  z.looseObject({ ok: z.literal(true) }).refine((answer) => 'value' in answer),
  z.object({ ok: z.literal(false), refusal: z.object({ code: z.string() }) }),
]);

function check(name: string, format: z.ZodType, asked: unknown, words: string): void {
  if (!format.safeParse(asked).success)
    throw new TypeError(`${name} takes ${words}: it was given ${shown(asked)}`);
}
