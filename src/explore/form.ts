import { z } from 'zod';
import { addDays, daysBetween } from '../time/days.ts';
import { ALL_TYPES, CALLS, type CallName, type Fields, type ReadCall } from './calls.ts';

/** What somebody has filled in, or is offered. */
export interface Form {
  name: CallName;
  call: ReadCall;
  from: string;
  to: string;
  /** Of measures; null: all. */
  type: number | null;
}

/** So many days are one answer, and one call. */
export const MAX_DAYS = 31;
const USUAL_DAYS = 7;

const day = z.iso.date();

/** @returns the form, or in words what does not make sense in it. @param today the person's own, "2026-11-24" */
export function readForm(
  input: Record<string, unknown>,
  today: string,
): { form: Form; fault: string | null } {
  const name = Object.keys(CALLS).find((known) => known === input.call) as CallName | undefined;
  const type = ALL_TYPES.find((known) => String(known) === input.type) ?? null;
  const from = day.safeParse(input.from);
  const to = day.safeParse(input.to);
  const form: Form = {
    name: name ?? 'measures',
    call: CALLS[name ?? 'measures'],
    from: from.data ?? addDays(today, 1 - USUAL_DAYS),
    to: to.data ?? today,
    type,
  };
  return { form, fault: form.call.hasDays ? faultIn(form, from.success && to.success) : null };
}

function faultIn({ from, to }: Form, areDays: boolean): string | null {
  if (!areDays) return 'Both days have to be given.';
  if (from > to) return 'The first day is after the last.';
  if (daysBetween(from, to) >= MAX_DAYS)
    return `${MAX_DAYS} days at most: more would take more calls, which others need.`;
  return null;
}

export function fieldsOf({ from, to, type }: Form, zone: string): Fields {
  return { from, to, zone, types: type === null ? ALL_TYPES : [type] };
}
