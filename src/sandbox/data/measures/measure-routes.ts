import type { Router } from 'express';
import type { World } from '../../world.ts';
import { serve } from '../serve.ts';
import { getMeasures } from './getmeas.ts';
import { historyOf } from './history.ts';

export function measureRoutes(world: World): Router {
  const { clock, weighIns } = world;
  return serve(world, '/measure', {
    getmeas: {
      endpoint: 'getmeas',
      scopes: ['user.metrics'],
      answer: ({ person, fields, now }) =>
        getMeasures(
          historyOf(person, clock.openedAt, now, weighIns.of(person.userId)),
          fields,
          person.timezone,
          now,
        ),
    },
  });
}
