import type { Router } from 'express';
import type { World } from '../../world.ts';
import { type Service, serve } from '../serve.ts';
import { getMeasures } from './getmeas.ts';

export function measureRoutes(world: World): Router {
  return serve(world, '/measure', { getmeas: getmeas(world) });
}

export function getmeas({ clock, weighIns }: World): Service {
  return {
    endpoint: 'getmeas',
    scopes: ['user.metrics'],
    answer: (asked) => getMeasures(asked, clock, weighIns.of(asked.person.userId)),
  };
}
