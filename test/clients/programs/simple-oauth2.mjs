import { AuthorizationCode } from 'simple-oauth2';
import { weights } from './by-hand.mjs';

/** Withings wants `action` beside RFC 6749's fields, and wraps what it answers: that is unwrapped here. */
export function client(withings, tokensIn = tokensWithin) {
  const { authorizeUrl, tokenUrl, clientId, clientSecret, redirectUri } = withings;
  const flow = new AuthorizationCode({
    client: { id: clientId, secret: clientSecret },
    auth: {
      authorizeHost: new URL(authorizeUrl).origin,
      authorizePath: new URL(authorizeUrl).pathname,
      tokenHost: new URL(tokenUrl).origin,
      tokenPath: new URL(tokenUrl).pathname,
    },
    options: { authorizationMethod: 'body', scopeSeparator: ',' },
  });
  return {
    begin: (state) =>
      flow.authorizeURL({ redirect_uri: redirectUri, scope: ['user.info', 'user.metrics'], state }),
    async finish(callback) {
      const code = callback.searchParams.get('code');
      const { token } = await flow.getToken({ code, redirect_uri: redirectUri, action: 'requesttoken' });
      return tokensIn(token);
    },
    async refresh({ refreshToken }) {
      const stored = flow.createToken({ refresh_token: refreshToken });
      return tokensIn((await stored.refresh({ action: 'requesttoken' })).token);
    },
    weights: ({ accessToken }) => weights(withings, accessToken),
  };
}

function tokensWithin({ status, error, body }) {
  if (status !== 0) throw new Error(error);
  return { accessToken: body.access_token, refreshToken: body.refresh_token };
}

/** As it comes. */
export const bare = (withings) =>
  client(withings, ({ access_token, refresh_token }) => ({
    accessToken: access_token,
    refreshToken: refresh_token,
  }));
