import { type Client, type Clients, isRegistered } from '../clients.ts';
import type { Fields } from '../input.ts';
import { readScopes, type Scope, scopeText } from './scopes.ts';

export interface AuthorizeRequest {
  client: Client;
  scopes: Scope[];
  state: string;
  redirectUri: string;
  demo: boolean;
  /** @differs authorize (S): where several people share a login, Withings’ pages ask whose measures, and add `selecteduser` */
  selected: string | undefined;
  /** The same request as a query, to come back to it. */
  query: string;
}

export type ReadRequest =
  | { outcome: 'valid'; request: AuthorizeRequest }
  | { outcome: 'incomplete' | 'unknown-client' | 'wrong-redirect' | 'not-callable' };

/** @differs authorize (I): PKCE, and whatever else is not documented, is ignored */
export function readAuthorizeRequest(fields: Fields, clients: Clients): ReadRequest {
  const clientId = fields.get('client_id');
  const state = fields.get('state');
  const redirectUri = fields.get('redirect_uri');
  const scopes = readScopes(fields.get('scope') ?? '');
  const complete = fields.get('response_type') === 'code' && scopes.length > 0;
  if (!complete || !clientId || !state || !redirectUri) return { outcome: 'incomplete' };
  const client = clients.get(clientId);
  if (!client) return { outcome: 'unknown-client' };
  if (!isRegistered(client, redirectUri)) return { outcome: 'wrong-redirect' };
  if (!clients.mayCall(redirectUri)) return { outcome: 'not-callable' };

  const demo = fields.get('mode') === 'demo';
  const selected = fields.get('selecteduser');
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    scope: scopeText(scopes),
    redirect_uri: redirectUri,
    state,
    ...(demo ? { mode: 'demo' } : {}),
    ...(selected ? { selecteduser: selected } : {}),
  });
  return {
    outcome: 'valid',
    request: { client, scopes, state, redirectUri, demo, selected, query: query.toString() },
  };
}
