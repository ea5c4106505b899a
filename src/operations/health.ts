import { type RequestHandler, Router } from 'express';
import { describe, type Log } from './logging.ts';

/** Whether a load balancer should send people here. */
export interface Readiness {
  /** The store takes writes and is in use, and this process is not on its way out. */
  isReady(): Promise<boolean>;
  isEnding(): boolean;
  /** From now on the answer is no. */
  end(): void;
}

/** However many ask: nobody makes us write by asking. */
const PROBE_EVERY_MS = 1000;

/**
 * @param probe rejects when the store takes no writes. The log says why, once, and once that it does again
 * @param isHeld whether it came back from a backup and waits for a word of the operator
 * @param monotonic milliseconds since any fixed moment
 */
export function createReadiness(
  probe: () => Promise<void>,
  isHeld: () => Promise<boolean>,
  monotonic: () => number,
  log: Log,
): Readiness {
  let ending = false;
  let wasWell = true;
  let answer = Promise.resolve(true);
  let goodUntil = Number.NEGATIVE_INFINITY;

  async function look(): Promise<boolean> {
    goodUntil = Number.POSITIVE_INFINITY; // whoever asks meanwhile waits for this one
    try {
      await probe();
      if (!wasWell) log.info('ready again');
      wasWell = true;
    } catch (error) {
      if (wasWell) log.error({ error: describe(error) }, 'not ready: the store takes no writes');
      wasWell = false;
    }
    goodUntil = monotonic() + PROBE_EVERY_MS;
    return wasWell;
  }

  return {
    async isReady() {
      if (ending) return false;
      if (monotonic() >= goodUntil) answer = look();
      return (await answer) && !(await isHeld()) && !ending;
    },
    isEnding: () => ending,
    end() {
      ending = true;
    },
  };
}

/** `/healthz`: the process lives. `/readyz`: it can serve. */
export function healthRoutes({ isReady }: Readiness): Router {
  const router = Router();
  router.get('/healthz', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'alive' });
  });
  router.get('/readyz', async (_req, res) => {
    const ready = await isReady();
    res
      .set('Cache-Control', 'no-store')
      .status(ready ? 200 : 503)
      .json({ status: ready ? 'ready' : 'not ready' });
  });
  router.all(['/healthz', '/readyz'], (_req, res) => void res.status(405).set('Allow', 'GET, HEAD').end());
  return router;
}

/** On the way out each answer is the last of its connection: nothing is sent into one that is about to close. */
export function lastAnswers({ isEnding }: Readiness): RequestHandler {
  return (_req, res, next) => {
    if (isEnding()) res.set('Connection', 'close');
    next();
  };
}
