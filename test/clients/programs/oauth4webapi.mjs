import * as oauth from 'oauth4webapi';
import { weights } from './by-hand.mjs';

/** Withings wants `action`, knows no PKCE, and wraps what it answers: `customFetch` unwraps it. */
export function client(withings, fetcher = unwrapped) {
  const { authorizeUrl, tokenUrl, clientId, clientSecret, redirectUri } = withings;
  const server = { issuer: 'https://withings.com', token_endpoint: tokenUrl };
  const self = { client_id: clientId };
  const proof = oauth.ClientSecretPost(clientSecret);
  const options = {
    additionalParameters: { action: 'requesttoken' },
    [oauth.customFetch]: fetcher,
    [oauth.allowInsecureRequests]: true, // for the sandbox, which has no TLS
  };
  let begun;
  return {
    begin(state) {
      begun = state;
      const fields = { response_type: 'code', client_id: clientId, redirect_uri: redirectUri, state };
      return `${authorizeUrl}?${new URLSearchParams({ ...fields, scope: 'user.info,user.metrics' })}`;
    },
    async finish(callback) {
      const code = oauth.validateAuthResponse(server, self, callback, begun);
      const asked = [server, self, proof, code, redirectUri, oauth.nopkce, options];
      const answer = await oauth.authorizationCodeGrantRequest(...asked);
      return tokensIn(await oauth.processAuthorizationCodeResponse(server, self, answer));
    },
    async refresh({ refreshToken }) {
      const answer = await oauth.refreshTokenGrantRequest(server, self, proof, refreshToken, options);
      return tokensIn(await oauth.processRefreshTokenResponse(server, self, answer));
    },
    weights: ({ accessToken }) => weights(withings, accessToken),
  };
}

async function unwrapped(url, init) {
  const { status, error, body } = await (await fetch(url, init)).json();
  if (status === 0) return Response.json(body);
  return Response.json({ error: 'invalid_request', error_description: error }, { status: 400 });
}

function tokensIn({ access_token, refresh_token }) {
  return { accessToken: access_token, refreshToken: refresh_token };
}

/** As it comes. */
export const bare = (withings) => client(withings, fetch);
