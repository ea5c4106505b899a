import type { Router } from 'express';
import type { World } from '../world.ts';
import { getMeasures } from './measures/getmeas.ts';
import { historyOf } from './measures/history.ts';
import { serve } from './serve.ts';

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
