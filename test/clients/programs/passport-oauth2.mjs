import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OAuth2Strategy from 'passport-oauth2';
import { weights } from './by-hand.mjs';

/** Withings wants `action`, and wraps what it answers: a subclass adds the one and unwraps the other. */
class WithingsStrategy extends OAuth2Strategy {
  constructor(options, verify) {
    super(options, verify);
    const send = this._oauth2._request.bind(this._oauth2);
    this._oauth2._request = (method, url, headers, form, token, done) =>
      send(method, url, headers, form, token, (failure, text, response) => {
        const { status, error, body } = failure ? {} : JSON.parse(text);
        const refusal = status && {
          statusCode: 400,
          data: JSON.stringify({ error: 'refused', error_description: error }),
        };
        done(failure || refusal, JSON.stringify(body), response);
      });
  }

  tokenParams() {
    return { action: 'requesttoken' };
  }

  /** What the package passport-oauth2-refresh does. */
  refresh(refreshToken) {
    const fields = { ...this.tokenParams(), grant_type: 'refresh_token' };
    return new Promise((resolve, reject) => {
      this._oauth2.getOAuthAccessToken(refreshToken, fields, (error, accessToken, next) =>
        error ? reject(error) : resolve({ accessToken, refreshToken: next }),
      );
    });
  }
}

export function client(withings, Strategy = WithingsStrategy) {
  const { authorizeUrl, tokenUrl, clientId, clientSecret, redirectUri } = withings;
  const strategy = new Strategy(
    {
      authorizationURL: authorizeUrl,
      tokenURL: tokenUrl,
      clientID: clientId,
      clientSecret,
      callbackURL: redirectUri,
      scope: ['user.info', 'user.metrics'],
      scopeSeparator: ',',
      state: true,
    },
    (accessToken, refreshToken, _profile, done) => done(null, { accessToken, refreshToken }),
  );
  const app = express();
  app.use(session({ secret: 'passport', saveUninitialized: true, resave: false }));
  app.get('/connect/withings', passport.authenticate(strategy, { session: false }));
  app.get(new URL(redirectUri).pathname, passport.authenticate(strategy, { session: false }), (req, res) =>
    res.json(req.user),
  );
  app.use((error, _req, res, _next) => res.json({ error: error.message }));
  return {
    app,
    begin: '/connect/withings',
    refresh: ({ refreshToken }) => strategy.refresh(refreshToken),
    weights: ({ accessToken }) => weights(withings, accessToken),
  };
}

/** As it comes. */
export const bare = (withings) => client(withings, OAuth2Strategy);
