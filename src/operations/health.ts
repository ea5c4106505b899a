import { type RequestHandler, Router } from 'express';
import type { Readiness } from './readiness.ts';

/** `/healthz`: the process lives. `/readyz`: it can serve: the store answers and it is not on its way out. */
export function healthRoutes(readiness: Readiness): Router {
  const router = Router();
  router.get('/healthz', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'alive' });
  });
  router.get('/readyz', async (_req, res) => {
    const isReady = await readiness.ask();
    res
      .set('Cache-Control', 'no-store')
      .status(isReady ? 200 : 503)
      .json({ status: isReady ? 'ready' : 'not ready' });
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
