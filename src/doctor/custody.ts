import { totalsWords } from '../operations/totals.ts';
import { HOUR_MS } from '../store/call-counts.ts';
import type { ConnectionTotals } from '../store/connections.ts';
import { type Finding, fails, ok, warn } from './finding.ts';

export interface Custody extends ConnectionTotals {
  /** Refresh tokens that are old enough to be renewed without a visitor. */
  old: number;
}

/** @param now milliseconds since 1970 */
export function checkCustody(totals: Custody, now: number): Finding[] {
  const [all = '', open = ''] = totalsWords({ ...totals, calls: 0 }, 0, now);
  return [
    totals.underUnknownKey > 0
      ? fails(
          `${all}. Of them no SESSION_SECRET at hand opens: ${totals.underUnknownKey}.`,
          'Put the secret that sealed those behind the present one in SESSION_SECRET, with a comma.',
        )
      : ok(`${all}.`),
    checkOpen(`${open}.`, totals.openSince === null ? 0 : now - totals.openSince),
    totals.underOldKey > 0
      ? warn(
          `Records under a former secret: ${totals.underOldKey}.`,
          'Keep it in SESSION_SECRET until there are none: each is sealed anew at its next refresh.',
        )
      : ok('No record is under a former secret.'),
    totals.old > 0
      ? warn(
          `Refresh tokens that are to be renewed now: ${totals.old}; they end at 365 days.`,
          'Keep the app running: it renews them one after the other.',
        )
      : ok('No refresh token is to be renewed now.'),
  ];
}

/** Withings lets an old refresh token live for eight hours. */
function checkOpen(words: string, age: number): Finding {
  const said = words[0]?.toUpperCase() + words.slice(1);
  const todo =
    'Is the app running, does Withings answer, is there quota? The log says what each refresh meets.';
  if (age >= 8 * HOUR_MS) return fails(said, todo);
  return age >= 2 * HOUR_MS ? warn(said, todo) : ok(said);
}
