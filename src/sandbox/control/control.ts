import { type Request, type Response, Router } from 'express';
import { bodyFields } from '../input.ts';
import type { People } from '../people.ts';
import { reset } from '../removals.ts';
import { TARGETS } from '../wire/endpoints.ts';
import { FAULTS } from '../wire/faults.ts';
import type { World } from '../world.ts';
import { advance, unlinkAll, weigh } from './actions.ts';
import { parseCallback, parseClock, parseFault, parseLimits } from './control-input.ts';
import { sameOriginOnly } from './same-origin.ts';
import { describeClock, describePair, describeState } from './state.ts';

const MAX_CALLBACKS = 50;

/** The same levers as on the panel, for programs: JSON in, JSON out. A form is sent back to the panel. */
export function controlRoutes(world: World): Router {
  const { changes, clients, clock, faults, guard, notices, pairs, people } = world;
  const router = Router();
  router.use('/control', sameOriginOnly(world));

  router.get('/control/state', (_req, res) => {
    res.json(describeState(world));
  });

  router.post('/control/clock', (req, res) => {
    const parsed = parseClock(req.body);
    const known = { advanceSeconds: 'a number from 0 to 315360000: ten years' };
    if ('problems' in parsed) return res.status(400).json({ error: 'Bad input.', ...parsed, known });
    if (!advance(world, parsed.value.advanceSeconds)) {
      return res.status(400).json({ error: 'The clock goes thirty years ahead and no further.', known });
    }
    return done(req, res, describeClock(world));
  });

  router.post('/control/faults', (req, res) => {
    const parsed = parseFault(req.body);
    const known = {
      name: FAULTS,
      times: '0 to 1000000; 0: until deleted',
      on: TARGETS,
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

  router.post('/control/limits', (req, res) => {
    const parsed = parseLimits(req.body);
    if ('problems' in parsed)
      return res.status(400).json({ error: 'Bad input.', ...parsed, known: { on: [true, false] } });
    guard.switch(parsed.value.on);
    return done(req, res, { limits: guard.isOn });
  });

  router.post('/control/users/:id/unlink', (req, res) => {
    const person = people.find(req.params.id);
    if (!person) return unknownPerson(res, people);
    return done(req, res, { userId: person.userId, unlinkedPairs: unlinkAll(world, person) });
  });

  /** What Withings does to subscriptions that have failed for twenty days: they end, and nobody is notified. */
  router.post('/control/users/:id/unsubscribe', (req, res) => {
    const person = people.find(req.params.id);
    if (!person) return unknownPerson(res, people);
    for (const { id } of clients.all()) notices.unsubscribe(person.userId, id);
    return done(req, res, { userId: person.userId, subscriptions: [] });
  });

  router.post('/control/users/:id/weigh', (req, res) => {
    const person = people.find(req.params.id);
    if (!person) return unknownPerson(res, people);
    return done(req, res, { userId: person.userId, measuregrp: weigh(world, person) });
  });

  /** What a token is worth, whole (RFC 7662 has the word): for tests that look into what their client has stored. */
  router.post('/control/introspect', (req, res) => {
    const { token } = Object.fromEntries(bodyFields(req));
    const pair = pairs.byAccessToken(token) ?? pairs.byRefreshToken(token);
    if (!pair)
      return res
        .status(404)
        .json({ error: 'No such token is known.', known: { token: 'an access or a refresh token' } });
    const { user_id: userId, client_id: clientId, scope } = pair;
    return res.json({ userId, clientId, scope, ...describePair(pair, clock.now()) });
  });

  router.post('/control/callbacks', (req, res) => {
    const parsed = parseCallback(req.body);
    const known = { clientId: clients.all().map(({ id }) => id), url: 'http or https, without # and spaces' };
    if ('problems' in parsed) return res.status(400).json({ error: 'Bad input.', ...parsed, known });
    const { url } = parsed.value;
    const client = parsed.value.clientId ? clients.get(parsed.value.clientId) : clients.all()[0];
    if (!client) return res.status(400).json({ error: 'No application by that id.', known });
    if (client.redirectUris.length >= MAX_CALLBACKS)
      return res.status(400).json({ error: `No more than ${MAX_CALLBACKS}: reset first.`, known });
    if (!clients.mayCall(url)) {
      const hosts = clients.callableHosts();
      return res.status(400).json({ error: 'This sandbox calls no such host.', known: { ...known, hosts } });
    }
    clients.register(client.id, url);
    return done(req, res, { callbacks: clients.get(client.id)?.redirectUris });
  });

  /** Inside the app all but the clock, which only goes forward there. */
  router.post('/control/reset', (req, res) => {
    reset(world);
    return done(req, res, describeState(world));
  });

  function done(req: Request, res: Response, answer: object) {
    changes.publish();
    return req.is('urlencoded') ? res.redirect(303, `${req.baseUrl}/`) : res.json(answer);
  }

  return router;
}

function unknownPerson(res: Response, people: People) {
  const known = people.all().map(({ userId, name, demo }) => ({ userId, name, demo }));
  return res.status(404).json({ error: 'Nobody by that id.', known });
}
