import { get as httpGet } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { followAttempts } from '../../src/inspect/follow.ts';
import { createRecorder } from '../../src/inspect/recorder.ts';
import { inspectRoutes } from '../../src/inspect/routes.ts';
import { startApp } from '../support/app.ts';
import { freePort } from '../support/machine.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { tapWire } from '../support/wire-tap.ts';
import { startFarApart, startWithings } from '../support/withings.ts';

/** What the page says, without its tags. */
async function read(visitor: Visitor): Promise<string> {
  const { text, status } = await visitor.get('/inspect');
  expect(status).toBe(200);
  return wordsOf(text);
}

const wordsOf = (text: string) => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

async function startConnected(env: Record<string, string> = {}) {
  const app = await startApp(env);
  const visitor = visit(app);
  await visitor.connect();
  return { app, visitor, sandbox: sandboxOf(app) };
}

/** The titles of its steps, in order. */
async function titles(visitor: Visitor): Promise<string[]> {
  const { text } = await visitor.get('/inspect');
  return [...text.matchAll(/<h3>([^<]*)<\/h3>/g)].map(([, title = '']) => title);
}

const BEGINNING = ['The way begins', 'The question, by way of the browser', 'The consent'];
const WHOLE = [
  ...BEGINNING,
  'The way back',
  'The code becomes tokens',
  'What is stored',
  'A new session, and the way on',
];

describe('what was said', () => {
  test('is told step by step', async () => {
    const { visitor, app } = await startConnected();
    expect(await titles(visitor)).toEqual(WHOLE);
    const page = await read(visitor);
    expect(page).toContain(`redirect_uri ${app.url}/callback`);
    expect(page).toMatch(/code [0-9a-f]{4}… \(40 characters\)/);
    expect(page).toContain('client_secret hidden, ');
    expect(page).toContain('HTTP 200 and status 0, which means yes');
    expect(page).toMatch(/Its fields: issuer, .*refreshToken/);
    expect(page).toMatch(/withings-session-\d+ hidden, \d+ characters; .*HttpOnly; SameSite=Lax/);
    expect(page).toContain('HTTP 303 leads to /dashboard');
  });

  test('waits for Withings where the person has not come back', async () => {
    const visitor = visit(await startApp());
    await visitor.begin('/connect?account=other');
    expect(await titles(visitor)).toEqual(BEGINNING);
    expect(await read(visitor)).toContain('By way of Withings’ logout');
    expect(await read(visitor)).toContain('Withings has not sent this browser back yet');
  });

  test.each([
    ['a denial', 'deny', 'access-denied', 'The way back'],
    ['a refused code', 'refuse-code', 'code-refused', 'The code becomes tokens'],
    ['a lost reply', 'lose-reply', 'withings-unreachable', 'The code becomes tokens'],
  ])('stops at the step of %s, with its code', async (_what, fault, code, last) => {
    const app = await startApp();
    const visitor = visit(app);
    const authorize = await visitor.begin();
    await sandboxOf(app).fault(fault);
    await visitor.get(await visitor.consent(authorize, 'Allow'));
    expect((await titles(visitor)).at(-1)).toBe(last);
    const { text } = await visitor.get('/inspect');
    expect(text).toContain(`href="/errors#${code}"`);
    expect(text).not.toContain('dashboard');
  });

  test('a nonce comes before a signed call', async () => {
    const { visitor } = await startConnected({ WITHINGS_AUTH: 'signature' });
    expect(await titles(visitor)).toEqual(WHOLE.toSpliced(4, 0, 'A nonce for the signature'));
    expect(await read(visitor)).toContain('signature hidden, 64 characters');
  });

  test('of two tabs each callback is told with its own beginning; a second visit changes nothing', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const first = await visitor.begin();
    app.clock.now += 5000;
    await visitor.begin();
    const callback = await visitor.consent(first, 'Allow');
    app.clock.now += 2000;
    await visitor.get(callback);
    expect(await titles(visitor)).toEqual(WHOLE);
    expect(await read(visitor)).toContain('Signing in and answering took 7.0 s');
    app.clock.now += 60_000;
    await visitor.get(callback);
    expect(await titles(visitor)).toEqual(WHOLE);
    const page = await read(visitor);
    expect(page).toContain('It was brought 2 times');
    expect(page).toContain('Signing in and answering took 7.0 s');
  });

  test('a callback whose beginning is not known is told by itself', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    const restarted = await app.restart();
    await visitor.get(callback);
    expect(restarted.url).toBe(app.url);
    expect((await titles(visitor))[0]).toBe('The way back');
    expect(await read(visitor)).toContain('How it began is not known here');
  });

  test('HEAD and a callback that is opened ahead of time do not stand for the visit', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    const { pathname, search } = new URL(callback);
    await request(app.url)
      .head(pathname + search)
      .set('Cookie', visitor.cookies())
      .expect(200);
    await visitor.get(callback, { 'Sec-Purpose': 'prefetch' });
    await visitor.get(callback);
    expect(await titles(visitor)).toEqual(WHOLE);
  });

  test('HEAD and what is opened ahead of time are told nothing of', async () => {
    const app = await startApp();
    const ahead = { 'Sec-Purpose': 'prefetch' };
    for (const answer of [
      await request(app.url).head('/connect'),
      await request(app.url).get('/connect').set(ahead),
      await request(app.url).get('/callback?state=x').set(ahead),
    ]) {
      expect(String(answer.headers['set-cookie'])).not.toContain('inspect');
    }
  });
});

describe('refreshes', () => {
  test('are told with who wanted them and with what proved them', async () => {
    const { app, visitor } = await startConnected();
    expect(await read(visitor)).toContain('None in the last hour');
    await visitor.get('/dashboard');
    app.clock.now += 61_000;
    await visitor.post('/refresh');
    expect(await titles(visitor)).toEqual([...WHOLE, 'New tokens']);
    expect(await read(visitor)).toContain('Somebody pressed “Refresh now”');
    expect(await read(visitor)).toContain('Nobody has used it yet');
    app.clock.now += 600_000;
    await visitor.get('/dashboard');
    await app.settled();
    expect(await read(visitor)).toMatch(/Proven at .* by get\w+\. HTTP 200 and status 0/);
  });

  test('a lost reply is no verdict; the same token is sent again', async () => {
    const { app, visitor, sandbox } = await startConnected();
    app.clock.now += 61_000;
    await sandbox.fault('lose-reply', { on: 'requesttoken' });
    await visitor.post('/refresh');
    expect(await titles(visitor)).toEqual([...WHOLE, 'New tokens were asked for']);
    expect(await read(visitor)).toContain('No verdict. This says nothing about the token');
    app.clock.now += 61_000;
    await app.sweep();
    expect(await titles(visitor)).toEqual([...WHOLE, 'New tokens were asked for', 'New tokens']);
    const page = await read(visitor);
    expect(page).toContain('was finished without a visitor');
    expect(page).toMatch(/Proven at .* by getmeas/);
  });

  test('a refusal ends it', async () => {
    const { app, visitor, sandbox } = await startConnected();
    const { body } = await visitor.json('/api/connection');
    await sandbox.unlink(body.userId);
    app.clock.now += 61_000;
    await visitor.post('/refresh');
    expect(await read(visitor)).toContain(
      'status 503, which means no, “Invalid Params: invalid refresh_token”',
    );
    expect((await visitor.get('/inspect')).text).toContain('href="/errors#refresh-token-refused"');
  });
});

describe('it is nobody else’s business', () => {
  test('another browser sees nothing of it', async () => {
    const { app, visitor } = await startConnected();
    const stranger = visit(app);
    expect(await titles(stranger)).toEqual([]);
    await stranger.connect();
    app.clock.now += 61_000;
    await stranger.post('/refresh');
    expect(await titles(stranger)).toHaveLength(8);
    expect(await titles(visitor)).toEqual([...WHOLE, 'New tokens']); // the same person, whose connection it is
  });

  test('nor does whoever uses this browser after a log-out', async () => {
    const { visitor } = await startConnected();
    await visitor.post('/logout');
    expect(await titles(visitor)).toEqual([]);
  });

  test('nor where the browser had left before the answer, and came again', async () => {
    const { app, withings } = await startFarApart({ INSPECT: 'on' });
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    const held = withings.hold('/v2/oauth2');
    const leaving = httpGet(callback, { headers: { Cookie: visitor.cookies('/callback') } }).on(
      'error',
      () => {},
    );
    await held.arrived;
    const left = new Promise((resolve) => leaving.once('close', resolve));
    leaving.destroy();
    await left;
    held.open();
    const connected = async () => (await visitor.get(callback)).headers.location === '/dashboard';
    await until(connected);
    expect((await titles(visitor)).at(-1)).toBe('The code becomes tokens');
    await visitor.post('/disconnect');
    expect(await titles(visitor)).toEqual([]);
  });

  test('nor where this process knows of the way back alone', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    await visitor.get(callback);
    await app.restart();
    await visitor.get(callback);
    expect(await titles(visitor)).toEqual(['The way back']);
    await visitor.post('/disconnect');
    expect(await titles(visitor)).toEqual([]);
  });

  test.each([
    ['connected', 0],
    ['code-refused', 1],
  ])('%s, and nobody knows by which grant: so many steps are shown', async (outcome, count) => {
    const attempt = { begun: null, callback: { at: 0, parts: [] }, visits: 1, calls: [], landed: null };
    const recorder = {
      ...createRecorder({ now: () => 0, monotonic: () => 0, onError() {} }),
      attemptOf: () => ({ ...attempt, outcome, grantId: null }),
    };
    const config = { publicUrl: '', withings: { apiUrl: '' }, sharedStore: null };
    const app = express().use((req, res, next) => {
      Object.assign(req, { session: {} });
      Object.assign(res, { render: (_view: string, words: unknown) => res.json(words) });
      next();
    });
    app.use(inspectRoutes({ recorder, browsers: { of: () => 'browser', know: () => 'browser' }, config }));
    expect((await request(app).get('/inspect')).body.steps).toHaveLength(count);
  });

  test('what failed is shown to this browser until somebody connects there, whoever repeats it then', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const denied = await visitor.consent(await visitor.begin(), 'Deny');
    await visitor.get(denied);
    expect((await titles(visitor)).at(-1)).toBe('The way back');
    await visitor.connect();
    await visitor.get(denied);
    expect(await titles(visitor)).toEqual(WHOLE);
    await visitor.post('/disconnect');
    expect(await titles(visitor)).toEqual([]);
  });

  test('a fault in what listens stops nobody', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const fails = () => {
      throw new Error('out of order');
    };
    const recorder = {
      ...createRecorder({ now: () => 0, monotonic: () => 0, onError }),
      begin: fails,
      connected: fails,
    };
    const browsers = { of: () => 'browser', know: () => 'browser' };
    const { onBegun, onConnected, router } = followAttempts({ recorder, browsers, now: fails, onError });
    const app = express().use((req, _res, next) => {
      Object.assign(req, { session: {} });
      next();
    });
    app.get('/connect', (req, res) => {
      onBegun(req, res, 'https://account.example/?state=x');
      res.end();
    });
    app.use(router).get('/callback', (req, res) => {
      onConnected(req);
      recorder.observer.onConnecting('connected');
      res.end();
    });
    await request(app).get('/connect').expect(200);
    await request(app).get('/callback?state=x').expect(200);
    await until(() => errors.length === 3);
  });

  test('off: nothing is listened to, and there is no such page', async () => {
    const { app, visitor } = await startConnected({ INSPECT: 'off' });
    expect((await visitor.get('/inspect')).status).toBe(404);
    expect((await visitor.get('/explore')).status).toBe(404);
    expect(visitor.cookies()).not.toContain('inspect');
    expect((await visitor.get('/dashboard')).text).not.toContain('/inspect');
    expect(app.config.inspect).toBe(false);
  });

  test('off unless asked for where Withings is real; with several instances it says what it cannot know', async () => {
    const { app } = await startFarApart();
    expect((await request(app.url).get('/inspect')).status).toBe(404);
    const { app: on } = await startFarApart({ INSPECT: 'on' });
    expect(await read(visit(on))).not.toContain('Several instances');
  });
});

test.each(['secret', 'signature'])(
  'with WITHINGS_AUTH=%s no secret of the flow is on the page',
  async (auth) => {
    const { app, secretsOf } = await startTapped(auth);
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    await visitor.get(callback);
    app.clock.now += 61_000;
    await visitor.post('/refresh');
    app.clock.now += 600_000;
    await visitor.get('/dashboard');
    await app.settled();
    const secrets = secretsOf(visitor, callback);
    expect(secrets.length).toBeGreaterThan(auth === 'signature' ? 14 : 9);
    const { text } = await visitor.get('/inspect');
    expect(text).toContain('Proven at');
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  },
);

/** An app whose line to Withings is written down. */
async function startTapped(auth: string) {
  const port = String(await freePort());
  const clock = { now: Date.UTC(2026, 5, 15, 12) };
  const withings = await startWithings(`http://127.0.0.1:${port}`, () => clock.now);
  const tap = await tapWire(withings.url);
  const own = { WITHINGS_API_URL: tap.url, WITHINGS_AUTH: auth, INSPECT: 'on', PORT: port };
  const app = await startApp({ ...withings.env, ...own }, clock);
  return {
    app,
    secretsOf(visitor: Visitor, callback: string) {
      const { searchParams } = new URL(callback);
      const fields = [...withings.asked('requesttoken'), ...withings.asked('getnonce')];
      const heard = [...tap.heard().matchAll(/"nonce":"([^"]+)"/g)].map(([, nonce = '']) => nonce);
      const cookies = visitor
        .cookies()
        .split('; ')
        .map((cookie) => cookie.replace(/^[^=]*=/, ''));
      return [
        ...tap.tokens(),
        ...heard,
        ...cookies,
        ...fields.flatMap(({ code, refresh_token, nonce, signature }) => [
          code,
          refresh_token,
          nonce,
          signature,
        ]),
        searchParams.get('state'),
        withings.env.WITHINGS_CLIENT_SECRET,
        withings.env.SESSION_SECRET,
      ].filter((secret) => typeof secret === 'string');
    },
  };
}
