import { type Request, type RequestHandler, type Response, Router } from 'express';
import { levelOf } from '../operations/logging.ts';
import { Problem } from '../problems/catalogue.ts';
import type { Sessions } from '../session/session.ts';
import type { AttemptProblem, AttemptResult, SpentAttempt } from '../store/attempts.ts';
import { begun } from '../tokens/changes.ts';
import type { Outbox } from '../tokens/outbox.ts';
import { addressOf } from '../web/address.ts';
import { onlyMethods, onlyNavigation } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import type { Withings } from '../withings/client.ts';
import type { Result } from '../withings/errors.ts';
import type { TokenPair } from '../withings/oauth2.ts';
import type { Attempts, BegunAttempt } from './attempts.ts';
import { readCallback, type Visit } from './callback.ts';
import { type CodeBudget, type Sender, senderOf } from './code-budget.ts';
import { leadToResult, type ResultParts, showResult } from './results.ts';

export interface ConnectParts extends ResultParts {
  outbox: Pick<Outbox, 'settled'>;
  attempts: Attempts;
  codeBudget: CodeBudget;
  sessions: Pick<Sessions, 'signIn' | 'resume'>;
  withings: Withings;
  now: () => number;
  /** Somebody sets out for that address. */
  onBegun?: (req: Request, res: Response, location: string) => void;
  /** Somebody has connected, and their tokens are stored. */
  onConnected?: (req: Request, res: Response) => void;
  /** Told how each way to Withings and back went: `begun`, `connected`, or the code of what went wrong. */
  onConnecting?: (outcome: string) => void;
  /** The page of this site to come back to, as the visitor names it; null: none. */
  readReturnTo: (value: unknown) => string | null;
  /** Where people go after connecting, unless they came from somewhere. */
  usualReturn: string;
}

/** The way of a visitor to Withings and back. */
export function connectRoutes(parts: ConnectParts): Router {
  const router = Router();
  const nothingToSee: RequestHandler = (_req, res) => void res.status(200).end();
  // Withings asks HEAD when the URL is registered; link checkers ask it of anything. Neither may begin or spend.
  router.head(['/connect', '/callback'], noStore, nothingToSee);
  router.get('/connect', noStore, onlyNavigation, (req, res) => connect(parts, req, res));
  const comeBack: RequestHandler = (req, res) =>
    callback(parts, req, res).catch((error) => {
      parts.onConnecting?.(error instanceof Problem ? error.code : 'failed');
      throw error;
    });
  router.get('/callback', noStore, onlyNavigation, comeBack, leadToResult(parts));
  router.get('/connect/result/:name', noStore, showResult(parts));
  router.all(['/connect', '/callback', '/connect/result/:name'], onlyMethods('GET, HEAD'));
  return router;
}

function connect(parts: ConnectParts, req: Request, res: Response) {
  const { attempts, withings, readReturnTo, onBegun, onConnecting } = parts;
  const demo = req.query.mode === 'demo';
  const state = attempts.begin(req, res, { demo, returnTo: readReturnTo(req.query.return_to) });
  const url = withings.authorizeUrl(state, demo);
  // A login that Withings remembers would silently connect whoever was there last.
  const location = req.query.account === 'other' ? withings.logoutUrl(url) : url;
  onConnecting?.('begun');
  onBegun?.(req, res, location);
  res.redirect(303, location);
}

async function callback(parts: ConnectParts, req: Request, res: Response) {
  res.set('Referrer-Policy', 'no-referrer'); // the address of this request holds a code
  const visit = readCallback(req.query, parts.withings.authorizeOrigin);
  if (visit.form === 'malformed') throw new Problem('callback-incomplete');

  const { attempts, sessions, usualReturn } = parts;
  const opened = attempts.open(req, visit.state);
  if (opened.outcome !== 'open') throw new Problem(NOT_OPEN[opened.outcome]);
  const { attempt } = opened;
  res.locals.attempt = attempt; // what failed is tried again as it was
  refusePaused(parts, req, attempt);

  const returnTo = attempt.returnTo ?? usualReturn;
  const spending = await attempts.spend(attempt, answerOf(visit));
  switch (spending.outcome) {
    case 'taken': {
      const result = await finish(parts, req, visit, attempt, spending.mark);
      if (result.kind === 'connected') {
        parts.onConnecting?.('connected');
        parts.onConnected?.(req, res);
      }
      return respond(result, returnTo, res);
    }
    case 'finished':
      if (spending.result.kind === 'connected' && !(await sessions.resume(req, seedOf(attempt, visit)))) {
        throw new Problem('attempt-spent');
      }
      return respond(spending.result, returnTo, res);
    case 'pending':
      throw new Problem('attempt-unfinished');
    case 'spent':
      throw new Problem('attempt-spent');
  }
}

const NOT_OPEN = {
  'no-cookie': 'cookies-missing',
  unknown: 'attempt-unknown',
  expired: 'attempt-expired',
} as const;

/** Before the attempt is spent: it may be finished when the pause is over. */
function refusePaused({ codeBudget, log }: ConnectParts, req: Request, { browser }: BegunAttempt) {
  const wait = codeBudget.waitSeconds(senderOf(req, browser));
  if (wait === 0) return;
  log.warn({ requestId: req.id, address: addressOf(req) }, 'too many refused codes');
  throw new Problem('too-many-codes', wait);
}

/** The attempt is ours alone now: what Withings answered may be believed and the code exchanged, once. */
async function finish(
  parts: ConnectParts,
  req: Request,
  visit: Visit,
  attempt: BegunAttempt,
  mark: SpentAttempt,
): Promise<AttemptResult> {
  const { attempts, sessions, withings, now, log } = parts;
  const fail = async (code: AttemptProblem, { level = 'warn', ...details }: Failure = {}) => {
    const result = { kind: 'problem', code } as const;
    log[level]({ requestId: req.id, outcome: code, ...details }, 'connecting failed');
    await attempts.finish(mark, result);
    return result;
  };
  if (visit.form === 'denied') return fail('access-denied');
  if (visit.form === 'declined') return fail('withings-declined');

  await parts.outbox.settled(); // a revocation that is under way would end the permission that this code brings
  const exchanged = await exchange(parts, senderOf(req, attempt.browser), visit.code);
  if (exchanged === 'too many') return fail('too-many-codes', { address: addressOf(req) });
  if (!exchanged.ok) {
    const { code } = exchanged.refusal;
    const from = code === 'code-refused' ? { address: addressOf(req) } : {};
    return fail(code, { ...from, level: levelOf(exchanged.refusal) });
  }
  const { userId } = exchanged.value;
  if (userId === null) return fail('withings-unreadable');

  const { demo } = attempt;
  const grant = begun(
    { ...exchanged.value, userId },
    { issuer: withings.issuer, demo, askedScope: withings.scope },
    now(),
  );
  await sessions.signIn(req, { mark, seed: seedOf(attempt, visit) }, grant);
  log.info({ requestId: req.id, outcome: 'connected', demo }, 'connected');
  return { kind: 'connected' };
}

interface Failure {
  level?: ReturnType<typeof levelOf>;
  /** Where abuse is refused, and nowhere else. */
  address?: string;
}

async function exchange(
  { codeBudget, withings }: ConnectParts,
  sender: Sender,
  code: string,
): Promise<Result<TokenPair> | 'too many'> {
  const ended = codeBudget.begin(sender);
  if (!ended) return 'too many';
  const exchanged = await withings.redeem(code);
  ended(!exchanged.ok && exchanged.refusal.code === 'code-refused');
  return exchanged;
}

function respond(result: AttemptResult, returnTo: string, res: Response) {
  if (result.kind === 'problem') throw new Problem(result.code);
  res.redirect(303, returnTo);
}

/** What makes a second visit the same visit. */
function answerOf(visit: Visit): string {
  return visit.form === 'code' ? `code ${visit.code}` : visit.form;
}

/** Whoever repeats a callback must bring its code as well as its state: a stranger who planted the cookie has not. */
function seedOf({ id }: BegunAttempt, visit: Visit): string {
  return visit.form === 'code' ? `${id} ${visit.code}` : '';
}
