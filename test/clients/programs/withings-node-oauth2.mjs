import { MeasureType, Scope, WithingsClient } from 'withings-node-oauth2';

/** Made for Withings, and signs its token calls. Its addresses are constants: its option `fetch` leads elsewhere. */
export function client({ authorizeUrl, apiUrl, clientId, clientSecret, redirectUri }) {
  const withings = new WithingsClient({
    clientId,
    clientSecret,
    callbackURL: redirectUri,
    fetch: (url, init) => fetch(url.replace('https://wbsapi.withings.net/', apiUrl), init),
  });
  return {
    begin(state) {
      const page = new URL(withings.oauth.authorizeUrl({ scope: [Scope.Info, Scope.Metrics], state }));
      return authorizeUrl + page.search;
    },
    finish: (callback) => withings.oauth.exchangeCode(callback.searchParams.get('code')),
    refresh: () => withings.oauth.refresh(),
    weights: async () => (await withings.measures.list({ types: [MeasureType.Weight] })).measuregrps,
  };
}
