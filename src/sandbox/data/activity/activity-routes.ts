import type { Router } from 'express';
import type { World } from '../../world.ts';
import { getmeas } from '../measures/measure-routes.ts';
import { serve } from '../serve.ts';
import { getActivity } from './getactivity.ts';
import { getIntradayActivity } from './getintraday.ts';
import { getWorkouts } from './getworkouts.ts';

export function activityRoutes(world: World): Router {
  const scopes = ['user.activity'];
  return serve(world, '/v2/measure', {
    /** @differs getmeas (S): answers at `/v2/measure` as well, where public clients ask */
    getmeas: getmeas(world),
    getactivity: { endpoint: 'getactivity', scopes, answer: (asked) => getActivity(asked, world.clock) },
    getintradayactivity: {
      endpoint: 'getintradayactivity',
      scopes,
      answer: (asked) => getIntradayActivity(asked, world.clock),
    },
    getworkouts: { endpoint: 'getworkouts', scopes, answer: (asked) => getWorkouts(asked, world.clock) },
  });
}
