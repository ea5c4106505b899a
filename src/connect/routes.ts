import { type Request, type RequestHandler, type Response, Router } from 'express';
import { type Log, levelOf } from '../operations/logging.ts';
import { Problem } from '../problems/catalogue.ts';
import type { Sessions } from '../session/session.ts';
import type { AttemptProblem, AttemptResult } from '../store/attempts.ts';
import { begun } from '../tokens/changes.ts';
import { onlyMethods, onlyNavigation } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import type { Withings } from '../withings/client.ts';
import type { Attempts } from './attempts.ts';
import { readCallback, type Visit } from './callback.ts';
import { readReturnTo } from './return-to.ts';

export interface ConnectParts {
  attempts: Attempts;
  sessions: Pick<Sessions, 'signIn' | 'resume'>;
  withings: Withings;
  now: () => number;
  log: Log;
  /** Somebody has connected, and their tokens are stored. */
  onConnected?: (req: Request, res: Response) => void;
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
  router.get('/callback', noStore, onlyNavigation, (req, res) => callback(parts, req, res));
  router.all(['/connect', '/callback'], onlyMethods('GET, HEAD'));
  return router;
}

async function connect({ attempts, withings, usualReturn }: ConnectParts, req: Request, res: Response) {
  const demo = req.query.mode === 'demo';
  const state = await attempts.begin(req, res, {
    demo,
    returnTo: readReturnTo(req.query.return_to, usualReturn),
  });
  const url = withings.authorizeUrl(state, demo);
  // A login that Withings remembers would silently connect whoever was there last.
  res.redirect(303, req.query.account === 'other' ? withings.logoutUrl(url) : url);
}

async function callback(parts: ConnectParts, req: Request, res: Response) {
  res.set('Referrer-Policy', 'no-referrer'); // the address of this request holds a code
  const visit = readCallback(req.query, parts.withings.issuer);
  if (visit.form === 'malformed') throw new Problem('callback-incomplete');

  const taken = await parts.attempts.take(req, visit.state, answerOf(visit));
  switch (taken.outcome) {
    case 'taken': {
      const result = await finish(parts, req, visit, taken.attempt.demo);
      if (result.kind === 'connected') parts.onConnected?.(req, res);
      return respond(result, taken.attempt.returnTo, res);
    }
    case 'finished':
      if (taken.result.kind === 'connected' && !(await parts.sessions.resume(req, seedOf(visit)))) {
        throw new Problem('attempt-spent');
      }
      return respond(taken.result, taken.attempt.returnTo, res);
    case 'pending':
      throw new Problem('attempt-unfinished');
    case 'spent':
      throw new Problem('attempt-spent');
    case 'expired':
      throw new Problem('attempt-expired');
    case 'unknown':
      throw new Problem('attempt-unknown');
    case 'no-cookie':
      throw new Problem('cookies-missing');
  }
}

/** The attempt is ours alone now: what Withings answered may be believed and the code exchanged, once. */
async function finish(
  { attempts, sessions, withings, now, log }: ConnectParts,
  req: Request,
  visit: Visit,
  demo: boolean,
): Promise<AttemptResult> {
  const fail = async (code: AttemptProblem, level: 'warn' | 'error' = 'warn') => {
    const result = { kind: 'problem', code } as const;
    log[level]({ requestId: req.id, outcome: code }, 'connecting failed');
    await attempts.finish(visit.state, result);
    return result;
  };
  if (visit.form === 'denied') return fail('access-denied');
  if (visit.form === 'declined') return fail('withings-declined');

  const exchanged = await withings.redeem(visit.code);
  if (!exchanged.ok) return fail(exchanged.refusal.code, levelOf(exchanged.refusal));
  const { userId } = exchanged.value;
  if (userId === null) return fail('withings-unreadable');

  const grant = begun(
    { ...exchanged.value, userId },
    { cloud: withings.cloud, demo, askedScope: withings.scope },
    now(),
  );
  await sessions.signIn(req, { key: attempts.keyOf(visit.state), seed: seedOf(visit) }, grant);
  log.info({ requestId: req.id, outcome: 'connected', demo }, 'connected');
  return { kind: 'connected' };
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
function seedOf(visit: Visit): string {
  return visit.form === 'code' ? `${visit.state} ${visit.code}` : '';
}
