import { z } from 'zod';
import { isCallback } from '../clients.ts';
import { MAX_ADVANCE, SECOND } from '../clock.ts';
import { TARGETS } from '../wire/endpoints.ts';
import { FAULTS, type Fault, type FaultName } from '../wire/faults.ts';

/** Forms send digits, JSON sends numbers; an empty field of a form counts as not sent. */
const number = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number),
]);
const whole = number.pipe(z.int().min(0).max(1_000_000));
const notEmpty = (value: unknown) => (value === '' ? undefined : value);

const clockInput = z.strictObject({
  advanceSeconds: number.pipe(
    z
      .number()
      .min(0)
      .max(MAX_ADVANCE / SECOND),
  ),
});

/** Everything about a fault but its name. */
export type FaultSetting = Partial<Omit<Fault, 'name'>>;

const faultInput = z
  .strictObject({
    name: z.enum(FAULTS),
    /** Calls it strikes; 0: until deleted. */
    times: z.preprocess(notEmpty, whole.default(1)),
    /** Narrows it to one kind of call. */
    on: z.preprocess(notEmpty, z.enum(TARGETS).nullish()),
    /** `late`: how late. `slow`: between two bytes. */
    delayMs: z.preprocess(notEmpty, whole.nullish()),
  })
  .transform(({ name, times, on, delayMs }): Fault => {
    return { name, times, on: on ?? null, delayMs: delayMs ?? null };
  });

const callbackInput = z.strictObject({
  clientId: z.preprocess(notEmpty, z.string().optional()),
  url: z.string().max(255).refine(isCallback, 'must be an http or https URL'),
});

const limitsInput = z.strictObject({ on: z.union([z.boolean(), z.stringbool()]) });

/** A form's button has to send something; `name` may be left out. */
const clearInput = z.object({ name: z.preprocess(notEmpty, z.enum(FAULTS).optional()) });

export type Parsed<Value> = { value: Value } | { problems: string[] };

export function parseClock(body: unknown): Parsed<{ advanceSeconds: number }> {
  return parse(clockInput, body);
}

export function parseClear(body: unknown): Parsed<{ name?: FaultName | undefined }> {
  return parse(clearInput, body);
}

export function parseLimits(body: unknown): Parsed<{ on: boolean }> {
  return parse(limitsInput, body);
}

export function parseCallback(body: unknown): Parsed<{ url: string; clientId?: string | undefined }> {
  return parse(callbackInput, body);
}

export function parseFault(body: unknown): Parsed<Fault> {
  return parse(faultInput, body);
}

function parse<Value>(schema: z.ZodType<Value>, body: unknown): Parsed<Value> {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return { value: parsed.data };
  return {
    problems: parsed.error.issues.map((issue) => [...issue.path.map(String), issue.message].join(': ')),
  };
}
