import { type RequestHandler, Router } from 'express';

/** Whether a load balancer should send people here. */
export interface Readiness {
  /** The store answers, and this process is not on its way out. */
  isReady(): Promise<boolean>;
  isEnding(): boolean;
  /** From now on the answer is no. */
  end(): void;
}

/** @param ping rejects when the store does not answer */
export function createReadiness(ping: () => Promise<void>): Readiness {
  let ending = false;
  return {
    async isReady() {
      if (ending) return false;
      return ping().then(
        () => !ending,
        () => false,
      );
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
