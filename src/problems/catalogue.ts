import { ATTEMPTS } from './attempts.ts';
import { REFUSALS } from './refusals.ts';
import { REQUESTS } from './requests.ts';

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
  constructor(code: ProblemCode, retryAfterSeconds?: number | null) {
    super(code);
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.retryAfterSeconds = retryAfterSeconds ?? PROBLEMS[code].retryAfterSeconds;
  }
}

/** One thing that can go wrong, as its page and its JSON say it: what happened, what to do, one way on. */
export interface ProblemText {
  /** HTTP status of the answer. */
  status: number;
  title: string;
  /** What happened, and that nothing was lost where that is so. */
  what: string;
  /** What to do now. */
  advice: string;
  action: Action;
  /** Seconds until it makes sense to try again, where that is known. */
  retryAfterSeconds?: number;
}

export type Action = keyof typeof ACTIONS;

/** The one link under a problem. */
export const ACTIONS = {
  connect: { href: '/connect', label: 'Connect Withings' },
  restart: { href: '/connect', label: 'Start again' },
  home: { href: '/', label: 'Back to the start' },
  dashboard: { href: '/dashboard', label: 'Open the dashboard' },
} as const;
