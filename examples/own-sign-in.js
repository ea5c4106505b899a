// Express 5 with sign-in and sessions of its own: a page with the latest weight, and a page for what goes wrong.
import express from 'express';
import session from 'express-session';
import { clocks, createConnect, openStore, Problem } from 'withings-connect';

const { APP_URL, APP_SECRET, PORT, STORE, WITHINGS_CLIENT_ID, WITHINGS_CLIENT_SECRET } = process.env;
const { WITHINGS_API_URL } = process.env; // only for a sandbox

const connect = createConnect({
  url: `${APP_URL}/withings`, // register <APP_URL>/withings/callback at Withings
  withings: {
    clientId: WITHINGS_CLIENT_ID,
    clientSecret: WITHINGS_CLIENT_SECRET,
    apiUrl: WITHINGS_API_URL,
  },
  store: await openStore(STORE, { secrets: [APP_SECRET] }), // sqlite:./data, redis://… or postgres://…
  clocks,
  owner: (req) => req.session.user, // your users, however you know them
});

const app = express();
app.use(
  session({ secret: APP_SECRET, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }),
);
app.post('/login', express.urlencoded({ extended: false }), (req, res, next) => {
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.user = req.body.name; // your own check belongs here
    return res.redirect(303, '/');
  });
});
app.use('/withings', connect.router);

app.get('/', async (req, res) => {
  const weights = await connect.of(req).measures({ types: [1] });
  if (weights.ok) {
    const [latest] = weights.value.rows; // newest first
    return res.send(latest ? `${latest.value.toFixed(1)} kg` : 'Step on your scale.');
  }
  const { code, remedy, retryAfterSeconds } = weights.refusal;
  if (remedy !== 'reconnect') throw new Problem(code, retryAfterSeconds);
  return res.send('<a href="/withings/connect">Connect Withings</a>');
});

// Whatever goes wrong with Withings: what happened, what to do, one way on.
app.use((error, _req, res, next) => {
  if (!(error instanceof Problem)) return next(error);
  if (error.retryAfterSeconds) res.set('Retry-After', error.retryAfterSeconds);
  return res.status(error.status).send(`<!doctype html>
    <title>${error.title}</title><h1>${error.title}</h1>
    <p>${error.advice}</p><p><a href="/">Go on</a></p><small>${error.code}</small>`);
});

const server = app.listen(Number(PORT), () => process.stdout.write('ready\n'));
process.once('SIGTERM', () => server.close(() => connect.stop().then(() => process.exit(0))));
