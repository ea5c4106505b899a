import { Router } from 'express';
import { type Client, isRegistered } from '../clients.ts';
import { SECOND } from '../clock.ts';
import { bodyFields, type Fields } from '../input.ts';
import { getDemoAccess, listUsers, recoverAuthorizationCode } from '../partner/actions.ts';
import { revoke } from '../removals.ts';
import {
  type Answer,
  invalidCode,
  invalidGrantType,
  invalidParams,
  invalidRefreshToken,
  missingRefreshToken,
  success,
  wrongRedirectUri,
} from '../wire/answers.ts';
import type { Call } from '../wire/faults.ts';
import type { World } from '../world.ts';
import { checkClient, checkSigned } from './client-check.ts';
import type { Pair } from './pairs.ts';
import { ACCESS_TOKEN_LIFETIME, refreshTokenState } from './token-state.ts';

/** `POST /v2/oauth2` (documented). Parameters count in the body only; a query is not looked at. */
export function tokenRoutes(world: World): Router {
  const { api, clients, clock, codes, faults, guard, nonces, pairs, random, people } = world;
  const router = Router();

  router.all('/v2/oauth2', (req, res) => {
    const fields = bodyFields(req);
    switch (fields.get('action')) {
      case 'requesttoken':
        return api.answer(res, tokenCall(fields), fields, () => requestToken(fields));
      case 'revoke':
        return api.answer(res, { endpoint: 'revoke' }, fields, () => revokeGrant(fields));
      case 'getdemoaccess':
        return api.answer(res, { endpoint: 'getdemoaccess' }, fields, () => getDemoAccess(world, fields));
      case 'recoverauthorizationcode': {
        const call = { endpoint: 'recoverauthorizationcode' } as const;
        return api.answer(res, call, fields, () => recoverAuthorizationCode(world, fields));
      }
      case 'listusers':
        return api.answer(res, { endpoint: 'listusers' }, fields, () => listUsers(world, fields));
      default:
        return api.unknown(res, fields);
    }
  });

  /** @differs requesttoken (I): the order of the checks: repeated, client, quota, grant type, code or token, redirect URI */
  function requestToken(fields: Fields): Answer {
    const repeated = guard.repeated('requesttoken', fields);
    if (repeated) return repeated;
    const checked = checkClient(fields, clients, nonces);
    if ('refusal' in checked) return checked.refusal;
    const busy = guard.overQuota(checked.client.id);
    if (busy) return busy;
    switch (fields.get('grant_type')) {
      case 'authorization_code':
        return redeem(fields, checked.client);
      case 'refresh_token':
        return refresh(fields, checked.client);
      default:
        return invalidGrantType;
    }
  }

  function redeem(fields: Fields, client: Client): Answer {
    const consent = codes.take(fields.get('code'), client.id);
    if (!consent) return invalidCode;
    // Byte for byte the one of the authorize request (seen). A code made server side had none (inferred).
    const redirectUri = fields.get('redirect_uri') ?? '';
    const agreed = consent.redirectUri
      ? redirectUri === consent.redirectUri
      : isRegistered(client, redirectUri);
    if (!agreed) return wrongRedirectUri;
    return tokenAnswer(pairs.open(consent));
  }

  function refresh(fields: Fields, client: Client): Answer {
    if (!fields.get('refresh_token')) return missingRefreshToken;
    const pair = pairs.byRefreshToken(fields.get('refresh_token'));
    if (!pair || pair.client_id !== client.id) return invalidRefreshToken;
    if (!people.find(pair.user_id)) return invalidRefreshToken; // the list of who lives here is another one by now
    if (refreshTokenState(pair, clock.now()).state === 'dead') {
      const reused = pair.replaced_at !== null && pair.ended_why === null;
      // Withings is not known to do this; RFC 9700, 4.14.2 tells servers to.
      if (reused && faults.take('revoke-family'))
        pairs.endChain(pair.chain, 'a dead refresh token came back');
      return invalidRefreshToken;
    }
    return tokenAnswer(pairs.rotate(pair, { grace: !faults.take('no-grace') }));
  }

  /** Keys in the order of the reference. @differs requesttoken (S): `userid` is a number, and was text in earlier years */
  function tokenAnswer(pair: Pair): Answer {
    return success({
      userid: faults.take('userid-string') ? String(pair.user_id) : pair.user_id,
      access_token: pair.access_token,
      refresh_token: pair.refresh_token,
      scope: pair.scope,
      expires_in: ACCESS_TOKEN_LIFETIME / SECOND,
      csrf_token: random(16),
      token_type: 'Bearer',
    });
  }

  /** @differs revoke (I): succeeds again when nothing is left to revoke */
  function revokeGrant(fields: Fields): Answer {
    const checked = checkSigned(fields, clients, nonces);
    if ('refusal' in checked) return checked.refusal;
    const busy = guard.overQuota(checked.client.id);
    if (busy) return busy;
    const person = people.find(fields.get('userid'));
    if (!person) return invalidParams('invalid userid');
    revoke(world, person.userId, checked.client.id);
    return success({});
  }

  return router;
}

function tokenCall(fields: Fields): Call {
  const grantType = fields.get('grant_type');
  return grantType === 'authorization_code' || grantType === 'refresh_token'
    ? { endpoint: 'requesttoken', grantType }
    : { endpoint: 'requesttoken' };
}
