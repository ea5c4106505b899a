import { describe, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.ts';
import { activated, startDoor } from '../support/partner.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { formsOf, type Visitor, visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

const DAY = 86_400_000;
const HOUR = DAY / 24;

async function connected(env: Record<string, string> = {}): Promise<{ app: TestApp; visitor: Visitor }> {
  const app = await startApp(env);
  const visitor = visit(app);
  await visitor.connect();
  return { app, visitor };
}

/** One more browser of the same person. */
async function another(app: TestApp): Promise<Visitor> {
  const other = visit(app);
  await other.connect();
  return other;
}

/** Ends what is over, and gives back what is to be given back. */
async function swept(app: TestApp): Promise<void> {
  await app.sweep();
  await app.sweep();
}

const GREETING = 'Do not say this again';

/** What the first page says of how the session ended, without markup; null: nothing. */
async function greeting(visitor: Visitor): Promise<string | null> {
  expect((await visitor.get('/dashboard')).headers.location).toBe('/');
  const { text } = await visitor.get('/');
  if (!text.includes(GREETING)) return null;
  expect(text.match(/class="button"/g)).toHaveLength(1);
  expect(text).toContain('<a class="button" href="/connect">Connect again</a>');
  expect(text).toContain('Days by UTC.');
  const main = text.slice(text.indexOf('<main'), text.indexOf('<form class="row'));
  return main.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');
}

async function isPermitted(app: TestApp): Promise<boolean> {
  const { users } = await sandboxOf(app).state();
  return JSON.stringify(users.filter(({ demo }) => !demo)).includes('"live"');
}

describe('who was away is told the truth, before and after', () => {
  test.each([
    [29, {}],
    [31, {}],
    [179, {}],
    [181, {}],
    [29, { SESSION_IDLE_DAYS: '30' }],
    [31, { SESSION_IDLE_DAYS: '30' }],
  ])('%i days, with %j', async (days, env: Record<string, string>) => {
    const { app, visitor } = await connected(env);
    const said = Date.parse((await visitor.json('/api/connection')).body.lastsUntil);
    const day = env.SESSION_IDLE_DAYS ? '16 Jul' : '13 Dec'; // in Auckland
    expect((await visitor.get('/dashboard')).text).toContain(`Without a visit it lasts until ${day}.`);
    app.clock.now += days * DAY;
    await swept(app);
    const isOver = app.clock.now >= said;
    expect(isOver).toBe(days > Number(env.SESSION_IDLE_DAYS ?? 180));
    expect(await isPermitted(app)).toBe(!isOver);
    if (!isOver) return expect((await visitor.get('/dashboard')).status).toBe(200);
    const words = await greeting(visitor);
    expect(words).toContain('You were last here on 15 Jun 2026.');
    expect(words).toContain(
      `${env.SESSION_IDLE_DAYS ? '15 Jul' : '12 Dec'} 2026 we signed this browser out.`,
    );
    expect(words).toContain('Our permission was handed back to Withings.');
  });

  test('the day is one that everybody can check, though it is the next one in Auckland', async () => {
    const { app, visitor } = await connected(); // who lives there, at half past midnight by their clock
    app.clock.now += HOUR / 2;
    await visitor.get('/');
    app.clock.now += 181 * DAY;
    expect(await greeting(visitor)).toContain('You were last here on 15 Jun 2026.');
  });

  test('before it is cleared away, and while Withings has not confirmed, and when it never does', async () => {
    const { app, visitor } = await connected();
    app.clock.now += 181 * DAY;
    expect(await greeting(visitor)).toContain('Our permission is being handed back to Withings.');
    await sandboxOf(app).fault('http-500', { times: 0, on: 'revoke' });
    await swept(app);
    expect(await greeting(visitor)).toContain('Our permission is being handed back to Withings.');
    app.clock.now += 15 * DAY;
    await swept(app);
    expect(await greeting(visitor)).toContain('Withings never confirmed that our permission has ended.');
    expect((await visitor.get('/')).text).toMatch(/<a href="[^"]+">Withings’ own page for this app/);
  });

  test('where others still have the connection, it stays', async () => {
    const { app, visitor } = await connected();
    app.clock.now += 90 * DAY;
    const other = await another(app);
    app.clock.now += 95 * DAY;
    await swept(app);
    expect(await greeting(visitor)).toContain('The connection is in use elsewhere');
    expect(await isPermitted(app)).toBe(true);
    app.clock.now += 90 * DAY; // and then it ends there as well
    await swept(app);
    for (const each of [visitor, other])
      expect(await greeting(each)).toContain('was handed back to Withings');
  });

  test('the last day of a session, though its browser came often', async () => {
    const { app, visitor } = await connected({ SESSION_MAX_DAYS: '5' });
    for (let day = 1; day < 5; day += 1) {
      app.clock.now += DAY;
      await visitor.get('/');
    }
    app.clock.now += DAY;
    expect(await greeting(visitor)).toContain('On 20 Jun 2026 this browser had been signed in for as long');
  });
});

describe('who was signed out by somebody else is told by whom', () => {
  test('from another browser', async () => {
    const { app, visitor } = await connected();
    await (await another(app)).post('/logout/others');
    const words = await greeting(visitor);
    expect(words).toContain('On 15 Jun 2026 another browser on your connection logged this one out.');
    expect(words).toContain('The connection is in use elsewhere');
  });

  test('by a disconnect in another browser', async () => {
    const { app, visitor } = await connected();
    await (await another(app)).post('/disconnect');
    const words = await greeting(visitor);
    expect(words).toContain('On 15 Jun 2026 somebody disconnected it');
    expect(words).toContain('Our permission was handed back to Withings.');
  });

  test('by a disconnect in another browser, which then connects anew before Withings has confirmed it', async () => {
    const { app, visitor } = await connected();
    const other = await another(app);
    await sandboxOf(app).fault('http-500', { times: 0, on: 'revoke' });
    await other.post('/disconnect');
    await other.connect();
    expect(await greeting(visitor)).toMatch(/somebody disconnected it.* It was made anew since, elsewhere\./);
  });

  test('by the partner who made the connection', async () => {
    const { app, partner, contract } = await startDoor();
    const { body } = await partner.post('', { code: await activated(contract) });
    const visitor = visit(app);
    await visitor.post(new URL(body.handoffUrl).pathname);
    await partner.delete(`/${body.connectionId}`);
    expect(await greeting(visitor)).toContain('somebody disconnected it');
  });
});

test.each(['/refresh', '/ask-again', '/check', '/logout/others', '/preferences'])(
  'a page that stood open for longer: %s leads to where it is told; a program hears 401',
  async (path) => {
    const { app, visitor } = await connected();
    app.clock.now += 181 * DAY;
    const pressed = await visitor.post(path, { days: '30' });
    expect([pressed.status, pressed.headers.location]).toEqual([303, '/']);
    expect(await greeting(visitor)).toContain('You were last here on');
    const { status, body } = await visitor.post(path, {}, { Accept: 'application/json' });
    expect([status, body.problem.code]).toEqual([401, 'not-connected']);
  },
);

test('a session that somebody else has ended is told of, and no receipt of the connection before it', async () => {
  const { app, partner, contract } = await startDoor();
  const visitor = visit(app);
  await visitor.connect();
  await visitor.post('/disconnect');
  const { body } = await partner.post('', { code: await activated(contract) });
  await visitor.post(new URL(body.handoffUrl).pathname);
  await partner.delete(`/${body.connectionId}`);
  expect(await greeting(visitor)).toContain('somebody disconnected it');
  const again = await partner.post('', { code: await activated(contract) });
  await visitor.post(new URL(again.body.handoffUrl).pathname);
  await visitor.post('/logout');
  const { text } = await visitor.get('/');
  expect(text).toContain('You are logged out of this browser.');
  expect(text).not.toContain('we erased your tokens');
});

describe('nobody is told anything', () => {
  test.each([
    ['who logged out', (visitor: Visitor) => visitor.post('/logout')],
    ['who disconnected', (visitor: Visitor) => visitor.post('/disconnect')],
  ])('%s', async (_who, leave) => {
    const { app, visitor } = await connected();
    await leave(visitor);
    await swept(app);
    app.clock.now += DAY; // the receipt is gone
    expect(await greeting(visitor)).toBeNull();
  });

  test('who passes on to another session, also with the cookie from before', async () => {
    const { app, visitor } = await connected();
    const before = visitor.cookies();
    await visitor.connect();
    await swept(app);
    expect((await visit(app).get('/', { Cookie: before })).text).not.toContain(GREETING);
  });

  test('who tried the demo, which ended after a day as it had said', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect('/connect?mode=demo');
    app.clock.now += 2 * DAY;
    await visitor.get('/');
    app.clock.now += 181 * DAY;
    await swept(app);
    expect(await greeting(visitor)).toBeNull();
  });

  test('who brings a cookie that we have not signed', async () => {
    const { app, visitor } = await connected();
    const cookie = visitor.cookies();
    app.clock.now += 181 * DAY;
    const asked = async (sent: string) => (await visit(app).get('/', { Cookie: sent })).text;
    expect(await asked(cookie)).toContain(GREETING);
    expect(await asked(cookie.replace(/(session-\d+=s%3A[^.]*\.).{4}/, '$1AAAA'))).not.toContain(GREETING);
    expect(await asked(cookie.replace(/(session-\d+=)s%3A([^.]*)\.[^;]*/, '$1$2'))).not.toContain(GREETING);
  });

  test('who was let in by another Withings than the one that is spoken to now', async () => {
    const { app } = await startFarApart();
    const visitor = visit(app);
    await visitor.connect();
    app.clock.now += 181 * DAY;
    const elsewhere = await app.restart({ WITHINGS_ISSUER: 'us' });
    expect(await greeting(visitor)).toBeNull();
    await elsewhere.restart({ WITHINGS_ISSUER: 'eu' });
    expect(await greeting(visitor)).not.toBeNull();
  });

  test('when they have connected again', async () => {
    const { app, visitor } = await connected();
    app.clock.now += 181 * DAY;
    await swept(app);
    await visitor.connect();
    expect((await visitor.get('/')).text).not.toContain(GREETING);
    await visitor.post('/dismiss'); // from a page that was open before
    expect((await visitor.get('/dashboard')).status).toBe(200);
    await visitor.post('/logout');
    expect(await greeting(visitor)).toBeNull();
  });

  test('when they have asked for it', async () => {
    const { app, visitor } = await connected();
    app.clock.now += 181 * DAY;
    const form = formsOf((await visitor.get('/')).text).find(({ buttons }) => buttons.has(GREETING));
    expect((await visitor.post(String(form?.action))).headers.location).toBe('/');
    expect(await greeting(visitor)).toBeNull();
  });
});

describe('the cookie outlives the session', () => {
  const cookieOf = (answer: { headers: Record<string, unknown> }) =>
    String(answer.headers['set-cookie'] ?? '');
  const LASTS = /withings-session-\d+=[^;]+; Max-Age=34560000;/;

  test('by a visit on another day it lasts as long again; not by what a page fetches', async () => {
    const { app, visitor } = await connected({ SESSION_MAX_DAYS: '30' });
    app.clock.now += 12 * HOUR;
    expect(cookieOf(await visitor.get('/'))).toBe('');
    app.clock.now += DAY;
    expect(cookieOf(await visitor.get('/api/connection', { 'Sec-Fetch-Dest': 'empty' }))).toBe('');
    app.clock.now += 2 * DAY;
    const renewed = await visitor.get('/');
    expect(cookieOf(renewed)).toMatch(LASTS);
    expect(cookieOf(await visitor.get('/'))).toBe('');
  });

  test('but for that of the demo', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect('/connect?mode=demo');
    app.clock.now += 2 * DAY;
    expect(cookieOf(await visitor.get('/'))).toBe('');
  });

  test('it is signed by the newest secret then', async () => {
    const [old, newest] = ['k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT', 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ'];
    const { app, visitor } = await connected({ SESSION_SECRET: old });
    const both = await app.restart({ SESSION_SECRET: `${newest},${old}` });
    both.clock.now += 2 * DAY;
    await visitor.get('/dashboard');
    await visitor.post('/refresh'); // so is the grant sealed
    await both.restart({ SESSION_SECRET: newest });
    expect((await visitor.json('/api/connection')).body.userId).toMatch(/^\d+$/);
  });
});

test('what a partner keeps as well has no end that anybody knows', async () => {
  const { app, partner, contract } = await startDoor();
  const { body } = await partner.post('', { code: await activated(contract) });
  const visitor = visit(app);
  await visitor.post(new URL(body.handoffUrl).pathname);
  const { lastsUntil, lastsBecause, state } = (await visitor.json('/api/connection')).body;
  expect([state, lastsUntil, lastsBecause]).toEqual(['connected', null, null]);
  const { text } = await visitor.get('/dashboard');
  expect(text).toContain('It lasts until somebody ends it: another program goes on with it.');
  for (const days of [150, 150, 75]) {
    expect((await visitor.get('/dashboard')).text).not.toContain('Stay connected');
    app.clock.now += days * DAY;
  }
  const last = (await visitor.get('/dashboard')).text; // this browser ends all the same
  expect(last).toMatch(/It lasts until somebody ends it.*On \d+ Jul this browser.*Stay connected/s);
  app.clock.now += 181 * DAY;
  await swept(app);
  expect(await greeting(visitor)).toContain('The connection is in use elsewhere');
});

test('when the permission is settled, what is remembered leads to nobody', async () => {
  const { app } = await startFarApart({ REDIS_URL: '', DATABASE_URL: '' });
  const visitor = visit(app);
  await visitor.connect();
  app.clock.now += 181 * DAY;
  await swept(app);
  const { openDatabase } = await import('../../src/store/sqlite/database.ts');
  const db = openDatabase(`${app.dataDir}/connect.db`, 'NORMAL');
  const left = ['grants', 'sessions', 'people', 'subscriptions'].map((table) =>
    db.all(`SELECT * FROM ${table}`),
  );
  expect(left.flat()).toEqual([]);
  const [ending, ...more] = db.all('SELECT * FROM endings');
  db.close();
  expect(more).toEqual([]);
  expect(ending).toEqual({
    key: expect.any(String),
    why: 'session-idle',
    at: expect.any(Number),
    visited_at: expect.any(Number),
    grant_id: null,
    outcome: 'revoked',
  });
});
