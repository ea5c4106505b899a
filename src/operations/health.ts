import { Router } from 'express';

/** `/healthz`: the process lives. `/readyz`: it can serve: the store answers and it is not on its way out. */
export function healthRoutes(ready: () => Promise<boolean>): Router {
  const router = Router();
  router.get('/healthz', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'alive' });
  });
  router.get('/readyz', async (_req, res) => {
    const isReady = await ready();
    res
      .set('Cache-Control', 'no-store')
      .status(isReady ? 200 : 503)
      .json({ status: isReady ? 'ready' : 'not ready' });
  });
  router.all(['/healthz', '/readyz'], (_req, res) => void res.status(405).set('Allow', 'GET, HEAD').end());
  return router;
}
