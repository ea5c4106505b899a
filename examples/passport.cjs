// Express 4 with passport, by require: a page with last week's steps.
const express = require('express');
const session = require('express-session');
const passport = require('passport');
const { Strategy } = require('passport-local');
const { clocks, createConnect, openStore, Problem } = require('withings-connect');

const { APP_URL, APP_SECRET, PORT, WITHINGS_CLIENT_ID, WITHINGS_CLIENT_SECRET } = process.env;
const { WITHINGS_API_URL } = process.env; // only for a sandbox

const connect = createConnect({
  url: `${APP_URL}/withings`, // register <APP_URL>/withings/callback at Withings
  withings: {
    clientId: WITHINGS_CLIENT_ID,
    clientSecret: WITHINGS_CLIENT_SECRET,
    apiUrl: WITHINGS_API_URL,
  },
  store: openStore('sqlite:./data', { secrets: [APP_SECRET] }), // at once; a server is awaited
  clocks,
  owner: (req) => req.user?.id,
});

passport.use(new Strategy((username, _password, done) => done(null, { id: username }))); // your own check belongs here
passport.serializeUser((user, done) => done(null, user.id));
passport.deserializeUser((id, done) => done(null, { id }));

const app = express();
app.use(
  session({ secret: APP_SECRET, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }),
);
app.use(passport.session());
app.post(
  '/login',
  express.urlencoded({ extended: false }),
  passport.authenticate('local', { successRedirect: '/' }),
);
app.use('/withings', connect.router);

app.get('/', (req, res, next) => {
  // Express 4 waits for no promise: what is rejected goes to `next` by hand
  showSteps(req, res).catch(next);
});

async function showSteps(req, res) {
  const days = await connect.of(req).activity({ days: 7 });
  if (days.ok) {
    const steps = days.value.rows.reduce((sum, day) => sum + day.steps, 0);
    return res.send(`${steps} steps in a week`);
  }
  const { code, remedy, retryAfterSeconds } = days.refusal;
  if (remedy !== 'reconnect') throw new Problem(code, retryAfterSeconds);
  return res.send('<a href="/withings/connect">Connect Withings</a>');
}

app.use((error, _req, res, next) => {
  if (!(error instanceof Problem)) return next(error);
  return res.status(error.status).send(`<h1>${error.title}</h1><p>${error.advice}</p><a href="/">Go on</a>`);
});

const server = app.listen(Number(PORT), () => process.stdout.write('ready\n'));
process.once('SIGTERM', () => server.close(() => connect.stop().then(() => process.exit(0))));
