import { PROBLEMS } from '../problems/catalogue.ts';
import type { Refusal } from '../withings/errors.ts';
import type { Moment, Wording } from './preferences/wording.ts';

/** What is shown is not of now. */
export interface Stale {
  /** When it was asked for, milliseconds since 1970; null: nothing is known. */
  askedAt: number | null;
  /** Why there is nothing newer. */
  refusal: Refusal;
}

/** How old what is shown is and why; and the person's turn, where that is all that is missing. */
export interface StaleWords {
  asOf: Moment | null;
  why: string;
  turn: string | null;
}

/** Whoever comes on time is let in; a second more, for clocks that differ. */
const AFTER_SECONDS = 1;

/** @param told why is said already, by this code */
export function staleWords(
  { askedAt, refusal }: Stale,
  { moment, time }: Wording,
  now: number,
  told: string | null,
): StaleWords {
  const seconds = secondsToTurn(refusal);
  const { title, what } = PROBLEMS[refusal.code];
  const why = seconds === null ? `${title}.` : what;
  return {
    asOf: askedAt === null ? null : moment(askedAt),
    why: refusal.code === told ? '' : why,
    turn: seconds === null ? null : time(now + seconds * 1000),
  };
}

/** Seconds until this page is worth asking for again: our turn, or when Withings said to come back. Null: nobody can say. */
export function secondsToTurn({ code, retryAfterSeconds }: Refusal): number | null {
  const isTold = code === 'quota-used-up' || code === 'withings-busy';
  return isTold && retryAfterSeconds !== null ? retryAfterSeconds + AFTER_SECONDS : null;
}

/** Of several: as of the oldest that is shown, and until the last turn that somebody waits for. */
export function allTogether(each: Stale[]): Stale | null {
  const [worst] = each.toSorted((a, b) => (secondsToTurn(b.refusal) ?? 0) - (secondsToTurn(a.refusal) ?? 0));
  const shown = each.flatMap(({ askedAt }) => askedAt ?? []);
  return worst ? { ...worst, askedAt: shown.length > 0 ? Math.min(...shown) : null } : null;
}
