import { z } from 'zod';
import { refusalCode } from '../withings/errors.ts';

/** Attempts to connect that were spent. Everything else about one travels sealed in its state (connect/attempts.ts). */
export interface AttemptStore {
  /**
   * Spends an attempt: however many ask, on however many processes, one is answered `taken`. That outlives the process;
   * a crash of the host may cost it, unless a sign-in came of it.
   */
  spendAttempt(attempt: SpentAttempt): Promise<Spending>;
  /** Writes down how a taken attempt ended, for the visitor who comes again with the same answer. */
  finishAttempt(id: string, result: AttemptResult): Promise<void>;
}

export interface SpentAttempt {
  id: string;
  /** Hash of what Withings sent back; a repeated visit is one that brings the same. */
  answer: string;
  /** The store forgets it an hour later. */
  expiresAt: number;
}

export type Spending =
  | { outcome: 'taken' | 'pending' | 'spent' }
  | { outcome: 'finished'; result: AttemptResult };

/** So long after its end an attempt is still known to have been spent. */
export const SPENT_KNOWN_MS = 3_600_000;

/** How an attempt ended: connected, or the code of the problem that its visitor was told. */
export type AttemptResult = z.infer<typeof attemptResult>;

/** Withings' own answers to an attempt, and its refusals of the code; what a newer version wrote has no words here. */
const attemptProblem = z
  .enum(['access-denied', 'withings-declined', 'too-many-codes', ...refusalCode.options])
  .catch('withings-refused');

export type AttemptProblem = z.infer<typeof attemptProblem>;

const attemptResult = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('connected') }),
  z.object({ kind: z.literal('problem'), code: attemptProblem }),
]);

/** @param result null: there is none yet */
export function spendingOf(result: string | null): Spending {
  if (result === null) return { outcome: 'pending' };
  return { outcome: 'finished', result: attemptResult.parse(JSON.parse(result)) };
}

export function writeAttemptResult(result: AttemptResult): string {
  return JSON.stringify(result);
}
