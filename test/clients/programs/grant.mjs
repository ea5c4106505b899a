import express from 'express';
import session from 'express-session';
import grant from 'grant';
import { refresh, weights } from './by-hand.mjs';

/** Grant knows Withings and unwraps its answers, but hands a refusal over as nothing. It ends with the tokens. */
export function client(withings) {
  const { authorizeUrl, tokenUrl, clientId, clientSecret, redirectUri } = withings;
  const app = express();
  app.use(session({ secret: 'grant', saveUninitialized: true, resave: false }));
  app.use(
    grant.express({
      defaults: { origin: new URL(redirectUri).origin, transport: 'session', state: true },
      withings: {
        key: clientId,
        secret: clientSecret,
        scope: ['user.info', 'user.metrics'],
        scope_delimiter: ',',
        authorize_url: authorizeUrl,
        access_url: tokenUrl,
        callback: '/done',
      },
    }),
  );
  app.get('/done', (req, res) => {
    const { access_token, refresh_token, error = 'no tokens, and no reason' } = req.session.grant.response;
    res.json(access_token ? { accessToken: access_token, refreshToken: refresh_token } : { error });
  });
  return {
    app,
    begin: '/connect/withings',
    refresh: ({ refreshToken }) => refresh(withings, refreshToken),
    weights: ({ accessToken }) => weights(withings, accessToken),
  };
}
