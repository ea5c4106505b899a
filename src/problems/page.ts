import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { describe, type Log } from '../operations/logging.ts';
import { DecryptionError } from '../store/encryption.ts';
import { PROBLEMS, Problem, type ProblemCode } from './catalogue.ts';
import { ACTIONS, ASIDES, type ProblemText } from './text.ts';

/** Nothing answered: say so. */
export const notFound: RequestHandler = () => {
  throw new Problem('not-found');
};

/** Where abuse is refused the log names the address that it came from, and nowhere else. */
const ABUSE = new Set<ProblemCode>(['unauthorized', 'too-many-requests', 'too-many-streams']);

/**
 * The last stop of every request that failed: our words and a request id, as a page or as JSON.
 *
 * @param addressOf whom a request counts for
 */
export function problemPage(log: Log, addressOf: (req: Request) => string): ErrorRequestHandler {
  return (error, req, res, next) => {
    const { failedRequest, tryAgain } = res.locals; // of a request that led here: it is in the log
    if (!failedRequest) logProblem(log, req, error, addressOf(req));
    if (res.headersSent) return next(error);
    const problem = asProblem(error);
    const text = PROBLEMS[problem.code];
    const requestId = failedRequest ?? req.id;

    res.status(text.status).set('Cache-Control', 'no-store');
    if (problem.retryAfterSeconds) res.set('Retry-After', String(problem.retryAfterSeconds));
    const { title, advice } = text;
    if (wantsJson(req)) {
      return res.json({ problem: { code: problem.code, title, advice }, requestId });
    }
    const words = forVisitor(text, { tryAgain, isConnected: Boolean(req.session?.withingsId) });
    return res.render('problem', { title, ...words, code: problem.code, requestId });
  };
}

/** One line: what was shown, and of what nobody expected where it came from. @param address whom the request counts for */
export function logProblem(log: Log, req: Request, error: unknown, address: string): void {
  const { code, status } = asProblem(error);
  const unexpected = error instanceof Problem ? undefined : describe(error);
  const level = status < 500 ? 'info' : unexpected ? 'error' : 'warn';
  const from = ABUSE.has(code) ? { address } : {};
  log[level]({ requestId: req.id, problem: code, ...from, unexpected }, 'problem');
}

interface Visitor {
  /** Where whoever was about to connect begins that again. */
  tryAgain: string | undefined;
  isConnected: boolean;
}

/** Whoever was about to connect goes on with that, unless there is something to see first. */
function forVisitor(text: ProblemText, { tryAgain, isConnected }: Visitor) {
  const { what, advice, action } = { ...text, ...(isConnected ? text.connected : {}) };
  const isAboutConnecting = action === 'connect' || action === 'restart' || text.whatConnecting !== undefined;
  return {
    what: tryAgain === undefined ? what : (text.whatConnecting ?? what),
    advice,
    aside: text.aside ? asideOf(ASIDES[text.aside], tryAgain) : null,
    action:
      tryAgain !== undefined && isAboutConnecting ? { href: tryAgain, label: 'Try again' } : ACTIONS[action],
  };
}

/** As it was, with another account. */
function asideOf(aside: (typeof ASIDES)['account'], tryAgain: string | undefined) {
  if (tryAgain === undefined) return aside;
  return { ...aside, href: `${tryAgain}${tryAgain.includes('?') ? '&' : '?'}account=other` };
}

/** JSON is answered where JSON is asked for, and by the routes that answer nothing else. */
export function wantsJson(req: Request): boolean {
  if (DOWNLOAD.test(req.path)) return req.accepts(['json', 'html']) !== 'html';
  return /^\/(api|partner)\//.test(req.path) || req.accepts(['html', 'json']) === 'json';
}

/** Behind a link of a page: without what it promises, the person is shown a page. */
const DOWNLOAD = /\.csv$/;

/** What is shown for an error, whatever it is. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DecryptionError) return new Problem('key-missing');
  return new Problem(codeOf(error));
}

/** Errors of Express and of its body parser carry an HTTP status; those of the stores name them. */
function codeOf(error: unknown): ProblemCode {
  const { status, code } = error as { status?: unknown; code?: unknown };
  if (typeof code === 'string' && /^(SQLITE|REDIS|POSTGRES)_/.test(code)) return 'store-unavailable';
  if (status === 413) return 'too-large';
  if (status === 415) return 'unsupported-type';
  return typeof status === 'number' && status >= 400 && status < 500 ? 'bad-request' : 'internal';
}
