import { Router } from 'express';
import type { World } from '../world.ts';
import { activityRoutes } from './activity/activity-routes.ts';
import { heartRoutes } from './heart/heart-routes.ts';
import { measureRoutes } from './measures/measure-routes.ts';
import { sleepRoutes } from './sleep/sleep-routes.ts';
import { userRoutes } from './user/user-routes.ts';

/** A person's data. The values are invented; a day's stay as they are for good, and every day adds its own. */
export function dataRoutes(world: World): Router {
  const router = Router();
  router.use(measureRoutes(world));
  router.use(activityRoutes(world));
  router.use(sleepRoutes(world));
  router.use(heartRoutes(world));
  router.use(userRoutes(world));
  return router;
}
