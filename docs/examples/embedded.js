// An Express application of your own, with sign-in and sessions of its own, that shows a person's latest weight.
import express from 'express';
import session from 'express-session';
import { clocks, createConnect, openStore } from 'withings-connect';

const { APP_URL, APP_SECRET, DATA_DIR, PORT, WITHINGS_CLIENT_ID, WITHINGS_CLIENT_SECRET } = process.env;
const { WITHINGS_AUTHORIZE_URL, WITHINGS_API_URL } = process.env; // only for a sandbox

const connect = createConnect({
  url: `${APP_URL}/withings`, // register <APP_URL>/withings/callback at Withings
  withings: {
    clientId: WITHINGS_CLIENT_ID,
    clientSecret: WITHINGS_CLIENT_SECRET,
    authorizeUrl: WITHINGS_AUTHORIZE_URL,
    apiUrl: WITHINGS_API_URL,
  },
  store: openStore({ dataDir: DATA_DIR, secrets: [APP_SECRET] }),
  clocks,
  owner: (req) => req.session.user ?? null, // your users, however you know them
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
  const month = [new Date(Date.now() - 30 * 86_400_000), new Date()];
  const weights = await connect.use(req, (token) => connect.withings.measures(token, [1], ...month));
  if (weights.ok) {
    const [latest] = weights.value.rows; // newest first
    return res.send(latest ? `${latest.value.toFixed(1)} kg` : 'Step on your scale.');
  }
  const { code, remedy } = weights.refusal;
  if (remedy === 'reconnect') return res.send('<a href="/withings/connect">Connect Withings</a>');
  return res.status(remedy === 'retry' ? 503 : 502).send(`Withings cannot answer just now: ${code}`);
});

app.use((error, _req, res, _next) => {
  res.status(error.status ?? 500).send(`That did not work: ${error.code ?? 'unexpected'}`);
});

const server = app.listen(Number(PORT), () => process.stdout.write('ready\n'));
process.once('SIGTERM', () => server.close(() => connect.stop().then(() => process.exit(0))));
