import { type Request, Router } from 'express';
import { type Answer, insufficientScope, invalidToken } from './answers.ts';
import { getMeasures } from './getmeas.ts';
import { historyOf } from './history.ts';
import { bodyFields, type Fields, queryFields } from './input.ts';
import { findPerson } from './people.ts';
import { accessStanding } from './standing.ts';
import type { World } from './world.ts';

/** `/measure`, action `getmeas` (documented as POST; GET with a query was seen to work). */
export function measureRoutes({ api, clock, guard, pairs, weighIns }: World): Router {
  const router = Router();

  router.all('/measure', (req, res) => {
    const fields = new Map([...queryFields(req), ...bodyFields(req)]);
    if (fields.get('action') !== 'getmeas') return api.unknown(res);
    return api.answer(res, { endpoint: 'getmeas' }, () => measures(fields, accessToken(req, fields)));
  });

  function measures(fields: Fields, token: string | undefined): Answer {
    const pair = pairs.byAccessToken(token);
    const person = findPerson(pair?.user_id);
    if (!pair || !person || accessStanding(pair, clock.now()).state === 'dead') return invalidToken;
    const refused =
      guard.repeated('getmeas', fields, `${pair.client_id} ${pair.user_id}`) ??
      guard.overQuota(pair.client_id);
    if (refused) return refused;
    if (!pair.scope.split(',').includes('user.metrics')) return insufficientScope;

    const now = clock.now();
    const history = historyOf(person, clock.openedAt, now, weighIns.of(person.userId));
    const answer = getMeasures(history, fields, person.timezone, now);
    if (answer.status === 0) pairs.use(pair);
    return answer;
  }

  return router;
}

/** In the header (documented) or among the parameters (seen). */
function accessToken(req: Request, fields: Fields): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
  return bearer ?? fields.get('access_token');
}
