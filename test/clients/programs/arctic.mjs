import { Withings } from 'arctic';
import { refresh, weights } from './by-hand.mjs';

/** arctic knows Withings and unwraps its answers. It cannot refresh there, and its addresses are constants. */
export function client(withings) {
  const { authorizeUrl, tokenUrl, clientId, clientSecret, redirectUri } = withings;
  const flow = new Withings(clientId, clientSecret, redirectUri);
  const { fetch } = globalThis;
  globalThis.fetch = (asked, init) =>
    fetch(asked.url === 'https://wbsapi.withings.net/v2/oauth2' ? new Request(tokenUrl, asked) : asked, init);
  return {
    begin: (state) => authorizeUrl + flow.createAuthorizationURL(state, ['user.info', 'user.metrics']).search,
    async finish(callback) {
      const tokens = await flow.validateAuthorizationCode(callback.searchParams.get('code'));
      return { accessToken: tokens.accessToken(), refreshToken: tokens.refreshToken() };
    },
    refresh: ({ refreshToken }) => refresh(withings, refreshToken),
    weights: ({ accessToken }) => weights(withings, accessToken),
    close: () => {
      globalThis.fetch = fetch;
    },
  };
}
