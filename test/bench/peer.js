/**
 * What people write who connect Withings by hand: Express, express-session and axios, as the tutorials have it. Nothing is
 * sealed, renewed, bound or limited. Its sessions are in memory, or in SQLite with a sync at each change.
 */
import { randomUUID } from 'node:crypto';
import axios from 'axios';
import express from 'express';
import session from 'express-session';
import Database from 'libsql';

const { PORT = '', WITHINGS_URL = '', SESSIONS_FILE = '' } = process.env;
const redirectUri = `http://127.0.0.1:${PORT}/callback`;

class SqliteSessions extends session.Store {
  #db = new Database(SESSIONS_FILE);
  constructor() {
    super();
    this.#db.exec('PRAGMA journal_mode = WAL');
    this.#db.exec('PRAGMA synchronous = FULL');
    this.#db.exec('CREATE TABLE sessions (id TEXT PRIMARY KEY, data TEXT NOT NULL)');
  }
  #read = this.#db.prepare.bind(this.#db);
  /** @param {string} id @param {(error: unknown, data?: import('express-session').SessionData | null) => void} done */
  get(id, done) {
    const row = this.#read('SELECT data FROM sessions WHERE id = ?').get([id]);
    done(null, row ? JSON.parse(/** @type {{ data: string }} */ (row).data) : null);
  }
  /** @param {string} id @param {import('express-session').SessionData} data @param {() => void} [done] */
  set(id, data, done) {
    this.#read('INSERT OR REPLACE INTO sessions VALUES (?, ?)').run([id, JSON.stringify(data)]);
    done?.();
  }
  /** @param {string} id @param {() => void} [done] */
  destroy(id, done) {
    this.#read('DELETE FROM sessions WHERE id = ?').run([id]);
    done?.();
  }
}

const app = express();
app.set('view engine', 'ejs');
app.set('views', import.meta.dirname);
app.enable('view cache');
app.use(
  session({
    secret: 'a secret of the peer',
    resave: false,
    saveUninitialized: false,
    ...(SESSIONS_FILE && { store: new SqliteSessions() }),
  }),
);

/** What is in a session. @param {express.Request} req @returns {{ state?: string, token?: string, userId?: string }} */
function own(req) {
  return /** @type {object} */ (req.session);
}

app.get('/connect', (req, res) => {
  const state = randomUUID();
  own(req).state = state;
  const asked = { response_type: 'code', client_id: 'bench', state, redirect_uri: redirectUri };
  const scope = 'user.info,user.metrics,user.activity';
  res.redirect(303, `${WITHINGS_URL}/oauth2_user/authorize2?${new URLSearchParams({ ...asked, scope })}`);
});

app.get('/callback', async (req, res) => {
  if (req.query.state !== own(req).state) return void res.sendStatus(400);
  const { data } = await axios.post(
    `${WITHINGS_URL}/v2/oauth2`,
    new URLSearchParams({
      action: 'requesttoken',
      grant_type: 'authorization_code',
      client_id: 'bench',
      client_secret: 'bench-secret',
      code: String(req.query.code),
      redirect_uri: redirectUri,
    }),
  );
  const { access_token: token, userid: userId } = data.body;
  req.session.regenerate(() => {
    Object.assign(req.session, { token, userId, tokens: data.body });
    res.redirect(303, '/dashboard');
  });
});

app.get('/', (req, res) => res.render('peer', { userId: own(req).userId, rows: [] }));

app.get('/dashboard', async (req, res) => {
  const { userId, token } = own(req);
  if (!token) return res.redirect('/');
  const now = Math.floor(Date.now() / 1000);
  const begin = now - 30 * 86_400;
  const [first, last] = [begin, now].map((at) => new Date(at * 1000).toISOString().slice(0, 10));
  const days = { startdateymd: String(first), enddateymd: String(last) };
  /** @param {string} path @param {Record<string, string>} fields */
  const call = async (path, fields) => {
    const headers = { Authorization: `Bearer ${token}` };
    return (await axios.post(`${WITHINGS_URL}${path}`, new URLSearchParams(fields), { headers })).data.body;
  };
  const [measures, activity, sleep, devices] = await Promise.all([
    call('/measure', { action: 'getmeas', meastypes: '1', startdate: String(begin), enddate: String(now) }),
    call('/v2/measure', { action: 'getactivity', ...days }),
    call('/v2/sleep', { action: 'getsummary', ...days }),
    call('/v2/user', { action: 'getdevice' }),
  ]);
  const rows = [
    ...measures.measuregrps.map((/** @type {any} */ { date, measures: [{ value, unit }] }) => [
      new Date(date * 1000).toLocaleString(),
      `${value * 10 ** unit} kg`,
    ]),
    ...activity.activities.map((/** @type {any} */ { date, steps }) => [date, `${steps} steps`]),
    ...sleep.series.map((/** @type {any} */ { date, data }) => [date, `${data.total_sleep_time / 3600} h`]),
    ...devices.devices.map((/** @type {any} */ { model, battery }) => [model, battery]),
  ];
  res.render('peer', { userId, rows });
});

app.listen(Number(PORT), '127.0.0.1');
