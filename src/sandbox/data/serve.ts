import { type Request, Router } from 'express';
import { bodyFields, type Fields, queryFields } from '../input.ts';
import type { Pair } from '../oauth2/pairs.ts';
import { accessTokenState } from '../oauth2/token-state.ts';
import type { Person } from '../people.ts';
import { type Answer, insufficientScope, invalidToken } from '../wire/answers.ts';
import type { Endpoint } from '../wire/endpoints.ts';
import type { World } from '../world.ts';

/** How many rows are on a page while the fault of that name lasts. */
const SHORT_PAGE = 10;

/** What one call asks, once its access token is known to be good. */
export interface Asked {
  person: Person;
  fields: Fields;
  /** The client the token was given to. */
  clientId: string;
  /** The scopes of the grant. */
  scope: readonly string[];
  /** Milliseconds on the sandbox's clock. */
  now: number;
  /** How many rows a page may have, where the sandbox was told. */
  rows?: number;
}

export interface Service {
  endpoint: Endpoint;
  /** Any one of them will do; none: the service looks at the scope itself. */
  scopes: readonly string[];
  answer: (asked: Asked) => Answer | Promise<Answer>;
}

/**
 * Actions of one path, each behind an access token.
 *
 * @differs data calls (S): a GET with a query is answered as well as the documented POST
 */
export function serve(world: World, path: string, services: Record<string, Service>): Router {
  const { api, clock, faults, guard, pairs, people } = world;
  const router = Router();

  router.all(path, (req, res) => {
    const fields = new Map([...queryFields(req), ...bodyFields(req)]);
    const action = fields.get('action') ?? '';
    const service = Object.hasOwn(services, action) ? services[action] : undefined;
    if (!service) return api.unknown(res, fields);
    const call = { endpoint: service.endpoint };
    return api.answer(res, call, fields, () => work(service, fields, accessToken(req, fields)));
  });

  async function work(service: Service, fields: Fields, token: string | undefined): Promise<Answer> {
    const pair = pairs.byAccessToken(token);
    const person = people.find(pair?.user_id);
    if (!pair || !person || accessTokenState(pair, clock.now()).state === 'dead') return invalidToken;
    const refused = refusal(service, fields, pair);
    if (refused) return refused;
    const scope = pair.scope.split(',');
    const asked = {
      person,
      fields,
      clientId: pair.client_id,
      scope,
      now: clock.now(),
      ...(faults.strike(['short-pages'], { endpoint: service.endpoint }) ? { rows: SHORT_PAGE } : {}),
    };
    const answer = await service.answer(asked);
    if (answer.status === 0) pairs.use(pair);
    return answer;
  }

  function refusal({ endpoint, scopes }: Service, fields: Fields, pair: Pair): Answer | undefined {
    const refused =
      guard.repeated(endpoint, fields, `${pair.client_id} ${pair.user_id}`) ??
      guard.overQuota(pair.client_id);
    if (refused) return refused;
    const granted = pair.scope.split(',');
    return scopes.length === 0 || scopes.some((scope) => granted.includes(scope))
      ? undefined
      : insufficientScope;
  }

  return router;
}

/** @differs data calls (S): the access token may stand among the parameters, in place of the header */
function accessToken(req: Request, fields: Fields): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
  return bearer ?? fields.get('access_token');
}
