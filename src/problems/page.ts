import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { describe, type Log } from '../operations/logging.ts';
import { DecryptionError } from '../store/encryption.ts';
import { PROBLEMS, Problem, type ProblemCode } from './catalogue.ts';
import { ACTIONS, ASIDES } from './text.ts';

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
    const problem = asProblem(error);
    const text = PROBLEMS[problem.code];
    const unexpected = error instanceof Problem ? undefined : describe(error);
    const level = text.status < 500 ? 'info' : unexpected ? 'error' : 'warn';
    const address = ABUSE.has(problem.code) ? addressOf(req) : undefined;
    log[level]({ requestId: req.id, problem: problem.code, address, unexpected }, 'problem');
    if (res.headersSent) return next(error);

    res.status(text.status).set('Cache-Control', 'no-store');
    if (problem.retryAfterSeconds) res.set('Retry-After', String(problem.retryAfterSeconds));
    const { title, advice } = text;
    if (wantsJson(req)) {
      return res.json({ problem: { code: problem.code, title, advice }, requestId: req.id });
    }
    const words = { title, advice, ...forVisitor(problem.code, res.locals.tryAgain) };
    return res.render('problem', { ...words, code: problem.code, requestId: req.id });
  };
}

/** Whoever was about to connect (`tryAgain`: where) goes on with that, unless there is something to see first. */
function forVisitor(code: ProblemCode, tryAgain: string | undefined) {
  const { what, whatConnecting, action, aside: name } = PROBLEMS[code];
  const aside = name ? ASIDES[name] : null;
  if (tryAgain === undefined) return { what, action: ACTIONS[action], aside };
  const isAboutConnecting = action === 'connect' || action === 'restart' || whatConnecting !== undefined;
  return {
    what: whatConnecting ?? what,
    aside,
    action: isAboutConnecting ? { href: tryAgain, label: 'Try again' } : ACTIONS[action],
  };
}

/** JSON is answered where JSON is asked for, and by the routes that answer nothing else. */
function wantsJson(req: Request): boolean {
  return /^\/(api|partner)\//.test(req.path) || req.accepts(['html', 'json']) === 'json';
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DecryptionError) return new Problem('key-missing');
  return new Problem(codeOf(error));
}

/** Errors of Express and of its body parser carry an HTTP status; those of the stores name them. */
function codeOf(error: unknown): ProblemCode {
  const { status, code } = error as { status?: unknown; code?: unknown };
  if (typeof code === 'string' && /^(SQLITE|REDIS)_/.test(code)) return 'store-unavailable';
  if (status === 413) return 'too-large';
  if (status === 415) return 'unsupported-type';
  return typeof status === 'number' && status >= 400 && status < 500 ? 'bad-request' : 'internal';
}
