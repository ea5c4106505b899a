import { z } from 'zod';

export const DAY_MS = 86_400_000;

/** A number, or its digits: which of the two comes has changed before. */
export const number = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d{1,15}(\.\d{1,15})?$/)
    .transform(Number),
]);

/** Yes or no, as a number or in words, too. What is neither is no. */
export const flag = z
  .union([z.boolean(), number, z.literal(['true', 'false'])])
  .transform((said) => said !== 'false' && Boolean(said))
  .catch(false);

/** What lies outside cannot be. */
export function within(least: number, most: number): z.ZodType<number> {
  return number.pipe(z.number().min(least).max(most));
}

/** Nobody has measured anything with a device of theirs before. */
const FIRST_MS = Date.UTC(2000, 0, 1);

/** Seconds since 1970. How far ahead it may lie is said where the time is known: `isPast`. */
export const moment: z.ZodType<Date> = within(FIRST_MS / 1000, Date.UTC(2200, 0, 1) / 1000).transform(
  (seconds) => new Date(seconds * 1000),
);

/** A day that exists. */
export const ymd = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .refine((day) => {
    const at = Date.parse(day);
    return at >= FIRST_MS && new Date(at).toISOString().startsWith(day); // 31 February would be a day of March
  });

/** Devices have clocks of their own, and a day begins somewhere fourteen hours before it begins at Greenwich. */
export function isPast(at: number, now: number): boolean {
  return at <= now + DAY_MS;
}

/** Text that says something; null: it does not. */
export const words: z.ZodType<string | null> = z.string().trim().min(1).max(200).nullable().catch(null);

/** Whether this is the IANA name of a time zone: "Europe/Paris". */
export function isZone(name: string): boolean {
  if (!/^[a-z]/i.test(name)) return false; // "+02:00" is one to newer versions of Node
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
}
