import { Router } from 'express';
import type { World } from './world.ts';

/** Services that Withings has and this sandbox has not yet. */
const PATHS = ['/v2/measure', '/v2/heart', '/v2/stetho', '/v2/sleep', '/v2/user', '/notify'];

export function unbuiltRoutes({ api }: World): Router {
  const router = Router();
  router.all(PATHS, (_req, res) => api.unknown(res));
  return router;
}
