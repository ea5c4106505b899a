import { randomUUID } from 'node:crypto';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { programVersion } from '../operations/version.ts';
import { cookieAttributes, cookieName, cookieValues } from '../web/cookies.ts';
import { noStore } from '../web/security-headers.ts';
import type { Answer } from './app.ts';
import { keyOf, proofFor } from './challenge.ts';

export interface DoctorParts {
  /** Newest first. */
  keys: Buffer[];
  isReady: () => Promise<boolean>;
  /** Milliseconds since 1970, of this machine. */
  now: () => number;
  sleep: (ms: number) => Promise<unknown>;
}

/** Between the two events of a stream: longer than any way here takes, unless somebody holds the first one back. */
const APART_MS = 3000;

/**
 * `GET /doctor/<challenge>`: says what has arrived here, and that it is here. To anybody but `npm run doctor`, which
 * signs its challenge, there is no such page. Nothing is stored.
 */
export function doctorRoutes(publicUrl: string, { keys, isReady, now, sleep }: DoctorParts): Router {
  const instance = randomUUID();
  const version = programVersion();
  const name = cookieName(publicUrl, 'doctor');

  async function answer(req: Request, res: Response, proof: string): Promise<void> {
    const said: Answer = {
      proof,
      instance,
      version,
      node: process.version,
      ready: await isReady(),
      proxies: (req.get('X-Forwarded-For') ?? '').split(',').filter((each) => each.trim() !== '').length,
      cookie: cookieValues(req, name).includes('kept'),
    };
    res.cookie(name, 'kept', { ...cookieAttributes(publicUrl), maxAge: 60_000 }).json(said);
  }

  /** Headers as those of `/events`. */
  async function stream(_req: Request, res: Response): Promise<void> {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    res.write('data: first\n\n');
    await sleep(APART_MS);
    res.end('data: last\n\n');
  }

  /** @param page what to do for the doctor; anybody else finds nothing here */
  const forDoctor =
    (
      page: (req: Request, res: Response, proof: string) => Promise<void>,
    ): RequestHandler<{ challenge: string }> =>
    async (req, res, next) => {
      const { challenge } = req.params;
      const key = keyOf(challenge, keys, now());
      if (key === null) return next();
      return page(req as Request, res, proofFor(challenge, key));
    };

  const router = Router();
  router.get('/doctor/:challenge', noStore, forDoctor(answer));
  router.get('/doctor/:challenge/events', noStore, forDoctor(stream));
  return router;
}
