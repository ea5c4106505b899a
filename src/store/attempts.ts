import { z } from 'zod';
import { refusalCode } from '../withings/errors.ts';

/** Attempts to connect: begun, taken once, finished. */
export interface AttemptStore {
  /** Stores an attempt, and of one browser only the newest `perBrowser`. */
  beginAttempt(attempt: NewAttempt): Promise<void>;
  /** True if this browser has an attempt here: an id that a client made up is not adopted. */
  knowsBrowser(browser: string, now: number): Promise<boolean>;
  /** Spends an attempt by reading it: however many ask, on however many processes, one is answered `taken`. */
  takeAttempt(claim: AttemptClaim): Promise<TakenAttempt>;
  /** Writes down how a taken attempt ended, for the visitor who comes again with the same answer. */
  finishAttempt(state: string, result: AttemptResult): Promise<void>;
}

/** Of all browsers together; who begins more than that many in ten minutes is no crowd of people. */
export const MAX_ATTEMPTS = 100_000;

/** So long after its end an attempt is still known, and its visitor is told that it has expired. */
export const EXPIRED_KNOWN_MS = 3_600_000;

export interface Attempt {
  demo: boolean;
  returnTo: string;
}

export interface NewAttempt extends Attempt {
  state: string;
  browser: string;
  expiresAt: number;
  perBrowser: number;
}

export interface AttemptClaim {
  state: string;
  browser: string;
  /** Hash of what Withings sent back; a repeated visit is one that brings the same. */
  answer: string;
  now: number;
}

export type TakenAttempt =
  | { outcome: 'taken'; attempt: Attempt }
  | { outcome: 'pending' }
  | { outcome: 'finished'; attempt: Attempt; result: AttemptResult }
  | { outcome: 'spent' | 'expired' | 'unknown' };

/** How an attempt ended: connected, or the code of the problem that its visitor was told. */
export type AttemptResult = z.infer<typeof attemptResult>;

/** Withings' own answers to an attempt, and its refusals of the code; what a newer version wrote has no words here. */
const attemptProblem = z
  .enum(['access-denied', 'withings-declined', ...refusalCode.options])
  .catch('withings-refused');

export type AttemptProblem = z.infer<typeof attemptProblem>;

const attemptResult = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('connected') }),
  z.object({ kind: z.literal('problem'), code: attemptProblem }),
]);

export function readAttemptResult(text: string): AttemptResult {
  return attemptResult.parse(JSON.parse(text));
}

export function writeAttemptResult(result: AttemptResult): string {
  return JSON.stringify(result);
}
