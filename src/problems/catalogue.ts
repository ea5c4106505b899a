import { ATTEMPTS } from './attempts.ts';
import { REFUSALS } from './refusals.ts';
import { REQUESTS } from './requests.ts';
import type { ProblemText } from './text.ts';

const texts = { ...ATTEMPTS, ...REFUSALS, ...REQUESTS };

export type ProblemCode = keyof typeof texts;

/** Every problem that this program can show, by its stable code. */
export const PROBLEMS: Record<ProblemCode, ProblemText> = texts;

/** Thrown by a handler to end its request with the page (or JSON) of a known problem. */
export class Problem extends Error {
  readonly code: ProblemCode;
  /** HTTP status: what Express itself goes by where no page of ours answers. */
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  /** What happened and what to do, for people. */
  readonly title: string;
  readonly advice: string;
  constructor(code: ProblemCode, retryAfterSeconds?: number | null) {
    super(code);
    this.name = 'Problem';
    this.code = code;
    this.title = PROBLEMS[code].title;
    this.advice = PROBLEMS[code].advice;
    this.status = PROBLEMS[code].status;
    this.retryAfterSeconds = retryAfterSeconds ?? PROBLEMS[code].retryAfterSeconds;
  }
}
