import { Router } from 'express';
import { bodyFields } from './input.ts';
import type { World } from './world.ts';

/** Services that Withings has and this sandbox has not. */
const PATHS = [
  '/v2/answers',
  '/v2/device',
  '/v2/nudge',
  '/v2/nudgecampaign',
  '/v2/order',
  '/v2/rawdata',
  '/v2/sdk',
  '/v2/stetho',
  '/v2/survey',
];

export function notImplementedRoutes({ api }: World): Router {
  const router = Router();
  router.all(PATHS, (req, res) => api.unknown(res, bodyFields(req)));
  return router;
}
