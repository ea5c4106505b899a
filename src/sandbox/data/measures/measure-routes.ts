import type { Router } from 'express';
import type { World } from '../../world.ts';
import { serve } from '../serve.ts';
import { getMeasures } from './getmeas.ts';

export function measureRoutes(world: World): Router {
  const { clock, weighIns } = world;
  return serve(world, '/measure', {
    getmeas: {
      endpoint: 'getmeas',
      scopes: ['user.metrics'],
      answer: (asked) => getMeasures(asked, clock, weighIns.of(asked.person.userId)),
    },
  });
}
