import { type Request, type Response, Router } from 'express';
import { bodyFields } from '../input.ts';
import type { Person } from '../people.ts';
import { reset } from '../removals.ts';
import { TARGETS } from '../wire/endpoints.ts';
import { FAULTS } from '../wire/faults.ts';
import type { World } from '../world.ts';
import { advance, unlinkAll, weigh } from './actions.ts';
import { parseCallback, parseClear, parseClock, parseFault, parseLimits } from './control-input.ts';
import { done, refuse } from './replies.ts';
import { sameOriginOnly } from './same-origin.ts';
import { describeClock, describePair, describeState } from './state.ts';

const MAX_CALLBACKS = 50;

/** The same levers as on the page, for programs: JSON in, JSON out. A form is sent back to the page. */
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
    if ('problems' in parsed) return refuse(req, res, 400, { error: 'Bad input.', ...parsed, known });
    if (!advance(world, parsed.value.advanceSeconds))
      return refuse(req, res, 400, { error: 'The clock goes thirty years ahead and no further.', known });
    return done(req, res, 'clock', describeClock(world));
  });

  router.post('/control/faults', (req, res) => {
    const parsed = parseFault(req.body);
    const times = '0 to 1000000; 0: until deleted';
    const known = { name: FAULTS, times, on: TARGETS, delayMs: '0 to 1000000' };
    if ('problems' in parsed) return refuse(req, res, 400, { error: 'Bad input.', ...parsed, known });
    faults.set(parsed.value);
    changes.publish();
    return done(req, res, 'fault', { faults: faults.all() });
  });

  router.delete('/control/faults', clearFaults);
  // What the page uses: a form knows no DELETE.
  router.post('/control/faults/clear', clearFaults);

  /** That of a name, or all. */
  function clearFaults(req: Request, res: Response) {
    const parsed = parseClear(req.body);
    if ('problems' in parsed)
      return refuse(req, res, 400, { error: 'Bad input.', ...parsed, known: { name: FAULTS } });
    faults.clear(parsed.value.name);
    changes.publish();
    return done(req, res, 'cleared', { faults: faults.all() });
  }

  router.post('/control/limits', (req, res) => {
    const parsed = parseLimits(req.body);
    if ('problems' in parsed)
      return refuse(req, res, 400, { error: 'Bad input.', ...parsed, known: { on: [true, false] } });
    guard.switch(parsed.value.on);
    changes.publish();
    return done(req, res, 'limits', { limits: guard.isOn });
  });

  router.post(
    '/control/users/:id/unlink',
    withPerson((person, req, res) => {
      const { userId } = person;
      return done(req, res, 'unlink', { userId, unlinkedPairs: unlinkAll(world, person) }, userId);
    }),
  );

  /** What Withings does to subscriptions that have failed for twenty days: they end, and nobody is notified. */
  router.post(
    '/control/users/:id/unsubscribe',
    withPerson(({ userId }, req, res) => {
      for (const { id } of clients.all()) notices.unsubscribe(userId, id);
      changes.publish();
      return done(req, res, 'unsubscribe', { userId, subscriptions: [] }, userId);
    }),
  );

  router.post(
    '/control/users/:id/weigh',
    withPerson((person, req, res) => {
      const { userId } = person;
      return done(req, res, 'weigh', { userId, measuregrp: weigh(world, person) }, userId);
    }),
  );

  /** What a token is worth, whole (RFC 7662 has the word): for tests that look into what their client has stored. */
  router.post('/control/introspect', (req, res) => {
    const { token } = Object.fromEntries(bodyFields(req));
    const pair = pairs.byAccessToken(token) ?? pairs.byRefreshToken(token);
    const known = { token: 'an access or a refresh token' };
    if (!pair) return res.status(404).json({ error: 'No such token is known.', known });
    const { user_id: userId, client_id: clientId, scope } = pair;
    return res.json({ userId, clientId, scope, ...describePair(pair, clock.now()) });
  });

  router.post('/control/callbacks', (req, res) => {
    const parsed = parseCallback(req.body);
    const known = { clientId: clients.all().map(({ id }) => id), url: 'http or https, without # and spaces' };
    if ('problems' in parsed) return refuse(req, res, 400, { error: 'Bad input.', ...parsed, known });
    const { url } = parsed.value;
    const client = parsed.value.clientId ? clients.get(parsed.value.clientId) : clients.all()[0];
    if (!client) return refuse(req, res, 400, { error: 'No application by that id.', known });
    if (client.redirectUris.length >= MAX_CALLBACKS)
      return refuse(req, res, 400, { error: `No more than ${MAX_CALLBACKS}: reset first.`, known });
    if (!clients.mayCall(url)) {
      const hosts = clients.callableHosts();
      const error = `This sandbox calls no such host, but ${hosts.join(', ')}.`;
      return refuse(req, res, 400, { error, known: { ...known, hosts } });
    }
    clients.register(client.id, url);
    changes.publish();
    return done(req, res, 'callback', { callbacks: clients.get(client.id)?.redirectUris });
  });

  /** Inside the app all but the clock, which only goes forward there. */
  router.post('/control/reset', (req, res) => {
    reset(world);
    return done(req, res, 'reset', describeState(world));
  });

  function withPerson(handle: (person: Person, req: Request, res: Response) => unknown) {
    return (req: Request<{ id: string }>, res: Response) => {
      const person = people.find(req.params.id);
      if (person) return handle(person, req as Request, res);
      const known = people.all().map(({ userId, name, demo }) => ({ userId, name, demo }));
      return refuse(req as Request, res, 404, { error: 'Nobody by that id.', known });
    };
  }

  return router;
}
