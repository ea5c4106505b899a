import { randomBytes } from 'node:crypto';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { Log } from '../operations/logging.ts';
import { PROBLEMS, Problem, type ProblemCode } from '../problems/catalogue.ts';
import { asProblem, logProblem, wantsJson } from '../problems/page.ts';
import type { Encryption } from '../store/encryption.ts';
import { addressOf } from '../web/address.ts';
import { sealedCookie } from '../web/cookies.ts';

/** How an attempt to connect failed, and what it had set out to do. */
const result = z.object({
  name: z.string(),
  code: z.enum(Object.keys(PROBLEMS) as ProblemCode[]),
  retryAfterSeconds: z.number().optional(),
  /** Of the callback; null: requests have none here. */
  requestId: z.string().nullable(),
  demo: z.boolean(),
  returnTo: z.string().nullable(),
  expiresAt: z.number(),
});

export type AttemptEnd = z.infer<typeof result>;

/** Kept in a sealed cookie, for this browser and ten minutes: nothing of the code is in it. */
export interface Results {
  /** Says under which name. */
  keep(req: Request, res: Response, end: Omit<AttemptEnd, 'name' | 'expiresAt'>): string;
  find(req: Request, name: string): AttemptEnd | null;
}

const TTL_MS = 10 * 60_000;
/** Of all together, as JSON: a cookie may have 4096 bytes, sealed. The oldest goes first. */
const MAX_LENGTH = 2800;

export function createResults(encryption: Encryption, publicUrl: string, now: () => number): Results {
  const cookie = sealedCookie(encryption, publicUrl, 'results', z.array(result));
  const live = (req: Request) =>
    cookie
      .readAll(req)
      .flat()
      .filter(({ expiresAt }) => now() < expiresAt);
  return {
    keep(req, res, end) {
      const name = randomBytes(16).toString('base64url');
      const kept = [...live(req), { ...end, name, expiresAt: now() + TTL_MS }];
      while (kept.length > 1 && JSON.stringify(kept).length > MAX_LENGTH) kept.shift();
      cookie.set(res, kept, TTL_MS);
      return name;
    },
    find: (req, name) => live(req).find((kept) => kept.name === name) ?? null,
  };
}

export interface ResultParts {
  results: Results;
  /** Where browsers find the routes to connect: a path without a slash at its end. */
  mountPath: string;
  log: Log;
}

/** Who brings no cookie back will not bring this one either: that result is the same for everybody. */
const NO_COOKIE = 'cookies-missing';

/**
 * The address of a callback holds a code. When it fails a page leads on to an address that holds none, and that may be
 * reloaded; what no page is shown for is answered in place.
 */
export function leadToResult({ results, mountPath, log }: ResultParts): ErrorRequestHandler {
  return (error, req, res, next) => {
    const { code, retryAfterSeconds } = asProblem(error);
    if (code === 'not-ahead-of-time' || wantsJson(req)) return next(error);
    logProblem(log, req, error, addressOf(req));
    const { demo = false, returnTo = null } = res.locals.attempt ?? {};
    const end = { code, retryAfterSeconds, requestId: req.id ?? null, demo, returnTo };
    const name = code === NO_COOKIE ? code : results.keep(req, res, end);
    res.redirect(303, `${mountPath}/connect/result/${name}`);
  };
}

/** Throws the problem as the callback did, for whatever shows problems here. */
export function showResult({ results, mountPath }: ResultParts): RequestHandler {
  return (req, res) => {
    const name = String(req.params.name);
    if (name === NO_COOKIE) throw new Problem(NO_COOKIE);
    const end = results.find(req, name);
    if (!end) throw new Problem('result-unknown');
    res.locals.tryAgain = connectAddress(mountPath, end);
    res.locals.failedRequest = end.requestId;
    throw new Problem(end.code, end.retryAfterSeconds);
  };
}

/** Where an attempt like this one begins. */
function connectAddress(mountPath: string, { demo, returnTo }: AttemptEnd): string {
  const query = new URLSearchParams({
    ...(demo ? { mode: 'demo' } : {}),
    ...(returnTo === null ? {} : { return_to: returnTo }),
  }).toString();
  return `${mountPath}/connect${query && `?${query}`}`;
}
