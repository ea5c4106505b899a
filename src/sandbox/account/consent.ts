import { withParams } from '../clients.ts';
import { BROWSER_CODE_LIFETIME } from '../oauth2/codes.ts';
import type { Person } from '../people.ts';
import type { Faults } from '../wire/faults.ts';
import type { World } from '../world.ts';
import type { AuthorizeRequest } from './authorize-request.ts';
import { type Scope, scopeText } from './scopes.ts';

/** Where the browser is sent after an answer: with a code for what was agreed to, or with a denial where that is nothing. */
export function redirectAfter(
  { codes, faults }: Pick<World, 'codes' | 'faults'>,
  { client, redirectUri, state }: AuthorizeRequest,
  { userId }: Person,
  agreed: readonly Scope[],
): string {
  if (agreed.length === 0 || faults.take('deny'))
    return withParams(redirectUri, { error: 'access_denied', error_description: DENIED, state });
  const scope = scopeText(narrowed(faults, agreed));
  const code = codes.issue({ clientId: client.id, userId, scope, redirectUri }, BROWSER_CODE_LIFETIME);
  return withParams(redirectUri, { code, state });
}

function narrowed(faults: Faults, agreed: readonly Scope[]): readonly Scope[] {
  if (faults.take('partial-scope')) return agreed.slice(0, 1);
  const measures = agreed.filter(({ name }) => name === 'user.metrics');
  return measures.length > 0 && faults.take('only-metrics') ? measures : agreed;
}

/**
 * The words of the PHP server whose other texts Withings uses.
 *
 * @differs authorize (I): who denies is sent back with `error=access_denied`; no document and no recording has it
 */
const DENIED = 'The user denied access to your application';
