import { createHash } from 'node:crypto';
import { readScopes, scopeText } from '../account/scopes.ts';
import { SECOND } from '../clock.ts';
import type { Fields } from '../input.ts';
import { SERVER_CODE_LIFETIME } from '../oauth2/codes.ts';
import { ACCESS_TOKEN_LIFETIME } from '../oauth2/token-state.ts';
import { demoPerson } from '../seeded-people.ts';
import { type Answer, invalidParams, success } from '../wire/answers.ts';
import type { World } from '../world.ts';
import { missingValue, signedWork } from './signed.ts';

/** What an application gets for the users it creates itself; nobody was asked, so this is inferred. */
const CREATED_SCOPE = 'user.info,user.metrics,user.activity';

/** Documented: tokens of the demo user without a browser, and no userid among them. */
export function getDemoAccess(world: World, fields: Fields): Answer {
  return signedWork(world, fields, (client) => {
    const asked = fields.get('scope_oauth2');
    if (!asked) return missingValue('getdemoaccess', 'scope_oauth2');
    const scopes = readScopes(asked);
    if (scopes.length !== new Set(asked.split(',')).size) return invalidParams('invalid scope');
    const pair = world.pairs.open({
      clientId: client.id,
      userId: demoPerson.userId,
      scope: scopeText(scopes),
      redirectUri: '',
      consentedAt: world.clock.now(),
    });
    return success({
      access_token: pair.access_token,
      refresh_token: pair.refresh_token,
      expires_in: ACCESS_TOKEN_LIFETIME / SECOND,
    });
  });
}

/** @differs recoverauthorizationcode (ours): who sends `email`, as Withings’ own snippets of 2022 do, reads in the refusal that it is `userid` */
const OF_OLD_SNIPPETS = ' (sandbox: older snippets send email; by now it is userid)';

/** Documented: a new code for a user whom the application created; everybody else has to be asked again. */
export function recoverAuthorizationCode(world: World, fields: Fields): Answer {
  return signedWork(world, fields, (client) => {
    const userId = fields.get('userid');
    const hint = fields.has('email') ? OF_OLD_SNIPPETS : '';
    if (!userId) return missingValue('recoverauthorizationcode', 'userid', hint);
    const person = world.people.createdBy(client.id).find((created) => String(created.userId) === userId);
    if (!person) return invalidParams('invalid userid');
    return success({ user: { code: serverCode(world, client.id, person.userId) } });
  });
}

/**
 * @differs listusers (S): the people are in a list, `users`
 * @differs listusers (I): one page holds everyone
 */
export function listUsers(world: World, fields: Fields): Answer {
  return signedWork(world, fields, (client) => {
    const users = world.people.createdBy(client.id).map(({ userId, account }) => ({
      hash_userid: createHash('sha256').update(`${client.id},${userId}`).digest('hex'),
      userid: userId,
      email: account,
      fully_owned: true,
    }));
    return success({ users, more: false, offset: 0 });
  });
}

/** Lives ten minutes (documented). @differs recoverauthorizationcode (I): any registered `redirect_uri` redeems the code */
export function serverCode({ codes }: World, clientId: string, userId: number, redirectUri = ''): string {
  return codes.issue({ clientId, userId, scope: CREATED_SCOPE, redirectUri }, SERVER_CODE_LIFETIME);
}
