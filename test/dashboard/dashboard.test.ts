import { describe, expect, test } from '@jest/globals';
import { startApp } from '../support/app.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { formsOf, visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

async function connected(path = '/connect', env: Record<string, string> = {}) {
  const app = await startApp(env);
  const visitor = visit(app);
  await visitor.connect(path);
  return { app, visitor, withings: sandboxOf(app) };
}

describe('without a connection', () => {
  test('the dashboard leads to the start; programs are told 401 or the plain state', async () => {
    const visitor = visit(await startApp());
    const page = await visitor.get('/dashboard');
    expect([page.status, page.headers.location]).toEqual([303, '/']);
    expect((await visitor.json('/api/connection')).body).toEqual({
      state: 'not-connected',
      userId: null,
      demo: false,
      scope: [],
      accessToken: null,
      refreshToken: null,
      lastRefresh: null,
      problem: null,
      timezone: null,
      lastsUntil: null,
      lastsBecause: null,
    });
    const measures = await visitor.json('/api/measures');
    expect([measures.status, measures.body.problem.code]).toEqual([401, 'not-connected']);
    expect((await visitor.post('/refresh')).headers.location).toBe('/');
    expect((await visitor.post('/disconnect')).headers.location).toBe('/');
    expect((await visitor.post('/logout')).headers.location).toBe('/');
  });
});

describe('with one', () => {
  test('it says who, what, since when and until when', async () => {
    const { app, visitor } = await connected();
    const { body } = await visitor.json('/api/connection');
    expect(body).toEqual({
      state: 'connected',
      userId: expect.stringMatching(/^\d+$/),
      demo: false,
      scope: ['user.info', 'user.metrics', 'user.activity'],
      accessToken: {
        issuedAt: new Date(app.clock.now).toISOString(),
        expiresAt: new Date(app.clock.now + 10_800_000).toISOString(),
      },
      refreshToken: {
        issuedAt: new Date(app.clock.now).toISOString(),
        expiresAt: new Date(app.clock.now + 31_536_000_000).toISOString(),
      },
      lastRefresh: null,
      problem: null,
      timezone: null,
      lastsUntil: new Date(app.clock.now + 180 * 86_400_000).toISOString(),
      lastsBecause: 'session-idle',
    });
    app.clock.now += 1000; // to the nearest
    const { text } = await visitor.get('/dashboard');
    for (const words of [
      body.userId,
      'in 3 h',
      'in 365 days',
      'Not needed yet',
      'Activity, workouts and sleep',
    ]) {
      expect(text).toContain(words);
    }
  });

  test('the weight is what Withings holds: a new one shows', async () => {
    const { app, visitor, withings } = await connected();
    const { body } = await visitor.json('/api/connection');
    app.clock.now += 60_000;
    await withings.weigh(body.userId);
    const measures = (await visitor.json('/api/measures')).body.measures;
    const weights = measures.filter((measure: { type: number }) => measure.type === 1);
    expect(weights[0]).toEqual({
      type: 1,
      label: 'Weight',
      value: expect.any(Number),
      unit: 'kg',
      at: new Date(app.clock.now).toISOString(),
      attribution: 'sure',
      position: null,
    });
    expect((await visitor.get('/dashboard')).text).toContain(
      `${weights[0].value.toFixed(1)} <span class="unit">kg`,
    );
  });

  test('reloading does not ask Withings the same thing twice within five minutes', async () => {
    const { app, visitor, withings } = await connected();
    for (let i = 0; i < 5; i += 1) expect((await visitor.json('/api/measures')).status).toBe(200);
    const once = await withings.calls('getmeas'); // a year comes in pages
    app.clock.now += 299_999;
    expect((await visitor.json('/api/measures')).status).toBe(200);
    expect(await withings.calls('getmeas')).toBe(once);
    app.clock.now += 1;
    expect((await visitor.json('/api/measures')).status).toBe(200);
    expect(await withings.calls('getmeas')).toBe(2 * once);
  });

  test('what was not granted is said, and not asked for', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const withings = sandboxOf(app);
    await withings.fault('partial-scope'); // grants the first scope only: user.info
    await visitor.connect();
    expect((await visitor.json('/api/connection')).body.scope).toEqual(['user.info']);
    const page = await visitor.get('/dashboard');
    expect(page.text).toContain('You do not share');
    expect(page.text).toContain('Not shared: weight');
    const answer = await visitor.json('/api/measures');
    expect([answer.status, answer.body.problem.code]).toEqual([403, 'scope-missing']);
    expect(await withings.calls('getmeas')).toBe(0);
  });

  test('a data service in trouble costs its own panel, not the page', async () => {
    const { visitor, withings } = await connected();
    await withings.fault('http-500', { on: 'getmeas' });
    const page = await visitor.get('/dashboard');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Withings cannot be reached');
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
  });

  test('an outage that outlives the token: the token is drawn as expired, and the connection is unfolded', async () => {
    const { app, withings } = await startFarApart();
    const visitor = visit(app);
    await visitor.connect();
    const before = (await visitor.get('/dashboard')).text;
    expect(before).toMatch(/<details class="connection" id="connection">/);
    expect(before).toContain('<line class="left" x1="0"');
    withings.say('requesttoken', 'nonsense');
    app.clock.now += 4 * 3_600_000;
    const { text } = await visitor.get('/dashboard');
    expect(text).toMatch(/<details class="connection" id="connection" open>/);
    expect(text).toContain('<line class="expired" x1="0" x2="1000"');
    expect(text.match(/<line class="left"/g)).toHaveLength(1); // the refresh token
    expect(text).not.toContain('Refreshes by itself');
  });

  test.each([
    ['/connect', 'Please connect again', 'href="/connect">Connect again'],
    ['/connect?mode=demo', 'The demo is over', 'href="/connect?mode=demo">Try the demo again'],
  ])('ended (%s): one way on, and nothing that can only fail', async (path, title, way) => {
    const { app, visitor, withings } = await connected(path);
    const { userId } = (await visitor.json('/api/connection')).body;
    expect(formsOf((await visitor.get('/dashboard')).text).map(({ action }) => action)).toContain('/check');
    if (path === '/connect') await withings.unlink(userId);
    app.clock.now += 25 * 3_600_000;
    await visitor.get('/dashboard');
    await app.settled();
    const { text } = await visitor.get('/dashboard');
    for (const page of [text, (await visitor.get('/')).text]) {
      expect(page).toContain(title);
      expect(page).toContain(way);
    }
    expect(text.match(/class="button"/g)).toHaveLength(1);
    const actions = formsOf(text).map(({ action }) => action);
    expect(actions.toSorted()).toEqual(['/logout', '/preferences']);
    expect(text).not.toMatch(/measures\.csv|<svg class="life"|class="choices ranges"|<ul class="tiles">/);
  });

  test('a demo is over after a day: said without alarm, one click begins another', async () => {
    const { app, visitor } = await connected('/connect?mode=demo');
    app.clock.now += 24 * 3_600_000;
    await visitor.get('/dashboard');
    await app.settled();
    expect((await visitor.json('/api/connection')).body.state).toBe('unlinked');
    const page = await visitor.get('/dashboard');
    expect(page.text).toContain('The demo is over');
    expect(page.text).toContain('href="/connect?mode=demo"');
    await visitor.connect('/connect?mode=demo');
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
  });

  test('another person in the same browser replaces, and does not mix', async () => {
    const { visitor } = await connected();
    const first = (await visitor.json('/api/connection')).body.userId;
    await visitor.connect('/connect?mode=demo');
    const second = (await visitor.json('/api/connection')).body;
    expect(second).toMatchObject({ demo: true });
    expect(second.userId).not.toBe(first);
    expect((await visitor.get('/dashboard')).text).not.toContain(first);
  });
});

describe('leaving', () => {
  test('disconnect: revoked at Withings, erased here, a receipt; other browsers are out too', async () => {
    const { app, visitor, withings } = await connected();
    const other = visit(app);
    await other.connect();
    const { userId } = (await visitor.json('/api/connection')).body;
    const old = visitor.cookies();
    const answer = await visitor.post('/disconnect');
    expect([answer.status, answer.headers.location]).toEqual([303, '/']);
    expect(answer.headers['clear-site-data']).toBe('"cache", "storage"');
    const receipt = await visitor.get('/');
    expect(receipt.text).toContain('Withings confirmed');
    expect(receipt.text).toContain(`/sandbox/partner/disconnect_partner/sandbox?selecteduser=${userId}`);
    expect((await visit(app).get('/dashboard', { Cookie: old })).headers.location).toBe('/');
    expect((await other.json('/api/connection')).body.state).toBe('not-connected');
    const user = (await withings.state()).users.find((candidate) => String(candidate.userId) === userId);
    expect(JSON.stringify(user?.grants)).not.toContain('"live"');
    app.clock.now += 10 * 60_000;
    expect((await visitor.get('/')).text).not.toContain('Withings confirmed');
  });

  test.each(['http-500', 'reset', 'html'])(
    'disconnect while Withings fails (%s): erased all the same, and said',
    async (fault) => {
      const { visitor, withings } = await connected();
      await withings.fault(fault, { on: 'getnonce' });
      await withings.fault(fault, { on: 'revoke' });
      expect((await visitor.post('/disconnect')).headers.location).toBe('/');
      expect((await visitor.get('/')).text).toContain('Withings did not confirm');
      expect((await visitor.json('/api/connection')).body.state).toBe('not-connected');
    },
  );

  test('a receipt is not shown to whoever connects next', async () => {
    const { visitor } = await connected();
    await visitor.post('/disconnect');
    await visitor.connect('/connect?mode=demo');
    await visitor.post('/logout');
    expect((await visitor.get('/')).text).not.toContain('Disconnected');
  });

  test('a forged receipt is not shown', async () => {
    const app = await startApp();
    for (const value of ['x', 'a.b.c', encodeURIComponent('{"revoked":true}')]) {
      const page = await visit(app).get('/', { Cookie: `receipt=${value}` });
      expect(page.status).toBe(200);
      expect(page.text).not.toContain('Disconnected');
    }
  });

  test('log out: this browser only; the old cookie is dead; Withings hears nothing', async () => {
    const { app, visitor, withings } = await connected();
    const other = visit(app);
    await other.connect();
    const old = visitor.cookies();
    const answer = await visitor.post('/logout');
    expect([answer.status, answer.headers.location]).toEqual([303, '/']);
    expect(answer.headers['clear-site-data']).toBe('"cache", "storage"');
    expect(String(answer.headers['set-cookie'])).toMatch(/withings-session-\d+=;/);
    expect((await visit(app).get('/dashboard', { Cookie: old })).headers.location).toBe('/');
    expect((await other.json('/api/connection')).body.state).toBe('connected');
    expect(await withings.calls('revoke')).toBe(0);
  });
});
