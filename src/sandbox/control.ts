import { type Request, type Response, Router } from 'express';
import { parseClock, parseFault } from './control-input.ts';
import { ENDPOINTS, FAULTS } from './faults.ts';
import { extraGroup } from './history.ts';
import { everyone, findPerson, type Person } from './people.ts';
import { sameOriginOnly } from './same-origin.ts';
import { describeClock, describeState } from './state.ts';
import type { World } from './world.ts';

/** The same levers as on the panel, for programs: JSON in, JSON out. A form is sent back to the panel. */
export function controlRoutes(world: World): Router {
  const { clients, clock, codes, faults, pairs, weighIns } = world;
  const router = Router();
  router.use('/control', sameOriginOnly);

  router.get('/control/state', (_req, res) => {
    res.json(describeState(world));
  });

  router.post('/control/clock', (req, res) => {
    const parsed = parseClock(req.body);
    const known = { advanceSeconds: 'a number from 0 to 315360000: ten years' };
    if ('problems' in parsed) return res.status(400).json({ error: 'Bad input.', ...parsed, known });
    if (!clock.advance(parsed.value.advanceSeconds * 1000)) {
      return res.status(400).json({ error: 'The clock goes thirty years ahead and no further.', known });
    }
    return done(req, res, describeClock(world));
  });

  router.post('/control/faults', (req, res) => {
    const parsed = parseFault(req.body);
    const known = {
      name: FAULTS,
      times: '0 to 1000000; 0: until deleted',
      on: ENDPOINTS,
      delayMs: '0 to 1000000',
    };
    if ('problems' in parsed) return res.status(400).json({ error: 'Bad input.', ...parsed, known });
    faults.set(parsed.value);
    return done(req, res, { faults: faults.all() });
  });

  router.delete('/control/faults', (req, res) => clearFaults(req, res));
  // What the panel uses: a form knows no DELETE.
  router.post('/control/faults/clear', (req, res) => clearFaults(req, res));

  function clearFaults(req: Request, res: Response) {
    faults.clear();
    return done(req, res, { faults: [] });
  }

  router.post('/control/users/:id/unlink', (req, res) => {
    const person = findPerson(req.params.id);
    if (!person) return unknownPerson(res);
    return done(req, res, { userId: person.userId, unlinkedPairs: unlink(person) });
  });

  router.post('/control/users/:id/weigh', (req, res) => {
    const person = findPerson(req.params.id);
    if (!person) return unknownPerson(res);
    const weighIn = weighIns.add(person.userId);
    return done(req, res, { userId: person.userId, measuregrp: extraGroup(person, weighIn) });
  });

  /** From every app at once, as the person would in Withings' own settings. */
  function unlink({ userId }: Person): number {
    let unlinked = 0;
    for (const { id } of clients.values()) {
      codes.forget(userId, id);
      unlinked += pairs.end(userId, id, 'the person removed the app');
    }
    return unlinked;
  }

  return router;
}

function done(req: Request, res: Response, answer: object) {
  return req.is('urlencoded') ? res.redirect(303, `${req.baseUrl}/`) : res.json(answer);
}

function unknownPerson(res: Response) {
  const known = everyone.map(({ userId, name, demo }) => ({ userId, name, demo }));
  return res.status(404).json({ error: 'Nobody by that id.', known });
}
