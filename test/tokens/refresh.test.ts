import { describe, expect, test } from '@jest/globals';
import { startApp } from '../support/app.ts';
import { REFRESH, sandboxOf } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

const HOUR = 3_600_000;

async function connected(env: Record<string, string> = {}) {
  const app = await startApp(env);
  const visitor = visit(app);
  await visitor.connect();
  return { app, visitor, withings: sandboxOf(app) };
}

const connection = async (visitor: Visitor) => (await visitor.json('/api/connection')).body;

describe('when', () => {
  test('not while the token is young; from the margin before its end on, with the request that notices', async () => {
    const { app, visitor, withings } = await connected();
    app.clock.now += 3 * HOUR - 600_000 - 1000;
    await visitor.get('/dashboard');
    expect(await withings.calls(REFRESH)).toBe(0);
    app.clock.now += 1000;
    await visitor.get('/dashboard');
    await app.settled();
    expect(await withings.calls(REFRESH)).toBe(1);
    expect(await connection(visitor)).toMatchObject({
      state: 'connected',
      lastRefresh: { outcome: 'refreshed' },
    });
  });

  test('a margin longer than the token’s life is cut to a quarter of it', async () => {
    const { app, visitor, withings } = await connected({ REFRESH_MARGIN_SECONDS: '10800' });
    app.clock.now += (3 * HOUR * 3) / 4 - 1000;
    await visitor.get('/dashboard');
    expect(await withings.calls(REFRESH)).toBe(0);
    app.clock.now += 1000;
    await visitor.get('/dashboard');
    await app.settled();
    expect(await withings.calls(REFRESH)).toBe(1);
  });

  test('while the token lives nobody waits for its renewal', async () => {
    const { app, withings } = await startFarApart();
    const visitor = visit(app);
    await visitor.connect();
    app.clock.now += 3 * HOUR - 300_000;
    const door = withings.hold('/v2/oauth2');
    const answers = [await visitor.json('/api/measures'), await visitor.json('/api/measures')];
    await door.arrived; // Withings has not answered, and both have their data
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
    expect((await connection(visitor)).state).toBe('refreshing');
    door.open();
    await app.settled();
    expect((await connection(visitor)).state).toBe('connected');
    expect(door.count()).toBe(1);
  });

  test('on request at once, and the page after it shows the new hours', async () => {
    const { app, visitor } = await connected();
    const before = await connection(visitor);
    app.clock.now += HOUR;
    const answer = await visitor.post('/refresh');
    expect([answer.status, answer.headers.location]).toEqual([303, '/dashboard']);
    const after = await connection(visitor);
    expect(Date.parse(after.accessToken.expiresAt) - Date.parse(before.accessToken.expiresAt)).toBe(HOUR);
    expect(Date.parse(after.refreshToken.expiresAt) - app.clock.now).toBe(365 * 24 * HOUR);
    expect(after.lastRefresh).toEqual({ at: new Date(app.clock.now).toISOString(), outcome: 'refreshed' });
  });

  test('a hundred requests at the end of a token make one call', async () => {
    const { app, withings } = await startFarApart();
    const visitor = visit(app);
    await visitor.connect();
    app.clock.now += 3 * HOUR;
    const door = withings.hold('/v2/oauth2');
    const requests = Array.from({ length: 100 }, () => visitor.json('/api/measures').then());
    await door.arrived;
    door.open();
    const answers = await Promise.all(requests);
    expect(answers.map((answer) => answer.status)).toEqual(Array(100).fill(200));
    expect(door.count()).toBe(1);
  });
});

describe('what Withings says', () => {
  test.each([
    ['an error page', 'http-500', 'withings-unreachable'],
    ['HTML', 'html', 'withings-unreadable'],
    ['half an answer', 'truncated', 'withings-unreadable'],
    ['a lost answer', 'lose-reply', 'withings-unreachable'],
    ['a reset', 'reset', 'withings-unreachable'],
    ['busy', 'status-601', 'withings-busy'],
    ['timeout', 'status-522', 'withings-timeout'],
    ['not implemented', 'status-2554', 'withings-refused'],
    ['wrong client', 'wrong-secret', 'client-refused'],
  ])(
    '%s while the token lives: nothing is lost, the page serves, and it heals',
    async (_words, fault, code) => {
      const { app, visitor, withings } = await connected();
      app.clock.now += 3 * HOUR - 300_000;
      await withings.fault(fault, { on: 'requesttoken' });
      expect((await visitor.json('/api/measures')).status).toBe(200);
      await app.settled();
      expect(await connection(visitor)).toMatchObject({
        state: 'degraded',
        lastRefresh: { outcome: code },
        problem: { code, title: expect.any(String), advice: expect.any(String) },
      });
      expect((await visitor.get('/dashboard')).text).toContain('serves for another');

      const asked = await withings.calls(REFRESH);
      await visitor.get('/dashboard');
      await app.settled();
      expect(await withings.calls(REFRESH)).toBe(asked); // the same arguments within ten seconds would be refused

      app.clock.now += 200_000;
      await visitor.get('/dashboard');
      await app.settled();
      expect(await connection(visitor)).toMatchObject({ state: 'connected', problem: null });
    },
  );

  test('unreachable with an expired token: 503 with the time to wait, still connected, and it heals', async () => {
    const { app, visitor, withings } = await connected();
    app.clock.now += 3 * HOUR + 1;
    await withings.fault('http-500', { on: 'requesttoken' });
    const answer = await visitor.json('/api/measures');
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBe(11);
    expect(answer.body.problem.code).toBe('withings-unreachable');
    expect((await visitor.get('/dashboard')).status).toBe(200);
    app.clock.now += 11_000;
    expect((await visitor.json('/api/measures')).status).toBe(200);
  });

  test('the wait that Withings asks for is kept', async () => {
    const { app, visitor, withings } = await connected();
    app.clock.now += 3 * HOUR - 300_000;
    await withings.fault('status-601', { on: 'requesttoken' });
    await visitor.get('/dashboard');
    await app.settled();
    const asked = await withings.calls(REFRESH);
    for (let i = 0; i < 10; i += 1) {
      app.clock.now += 1000;
      await visitor.get('/dashboard');
      await app.settled();
    }
    expect(await withings.calls(REFRESH)).toBe(asked);
  });

  test('a user id that turned from a number into text is the same person', async () => {
    const { visitor, withings } = await connected();
    const before = await connection(visitor);
    await withings.fault('userid-string', { on: 'requesttoken' });
    await visitor.post('/refresh');
    expect(await connection(visitor)).toMatchObject({
      userId: before.userId,
      lastRefresh: { outcome: 'refreshed' },
    });
  });

  test('refused for good: the page says so, Withings is left in peace, one click repairs it', async () => {
    const { app, visitor, withings } = await connected();
    const { userId } = await connection(visitor);
    await withings.unlink(userId);
    app.clock.now += 20_000;
    const answer = await visitor.json('/api/measures');
    expect(answer.status).toBe(401);
    expect(answer.body.problem.code).toBe('refresh-token-refused');
    expect(await connection(visitor)).toMatchObject({
      state: 'needs-reconnect',
      problem: { code: 'refresh-token-refused' },
    });
    const page = await visitor.get('/dashboard');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Connect again');
    expect(page.text).toContain(`Since <time datetime="${new Date(app.clock.now).toISOString()}">`);
    const asked = await withings.calls(REFRESH);
    const visits = async () => {
      for (const path of ['/dashboard', '/api/measures']) await visitor.get(path);
      await visitor.post('/refresh');
      await app.settled();
    };
    app.clock.now += HOUR - 1000;
    await visits();
    expect(await withings.calls(REFRESH)).toBe(asked);
    app.clock.now += 1000;
    await visits();
    expect(await withings.calls(REFRESH)).toBe(asked + 1); // at most one question an hour
    await visitor.connect();
    expect(await connection(visitor)).toMatchObject({ state: 'connected', userId });
  });

  test('a token that Withings stopped accepting is replaced within the same request', async () => {
    const { app, withings } = await startFarApart();
    const visitor = visit(app);
    await visitor.connect();
    await sandboxOf(withings, '').advance(10_800); // Withings' clock is ahead: the token dies before its time
    expect((await visitor.json('/api/measures')).status).toBe(200);
    expect(await connection(visitor)).toMatchObject({
      state: 'connected',
      lastRefresh: { outcome: 'refreshed' },
    });
  });
});

describe('races', () => {
  test('disconnecting wins over a refresh under way: the new pair is dropped, nothing comes back', async () => {
    const { app, withings } = await startFarApart();
    const visitor = visit(app);
    await visitor.connect();
    const other = visit(app);
    await other.connect();
    const door = withings.hold('/v2/oauth2');
    const refreshing = visitor.post('/refresh').then();
    await door.arrived;
    const disconnect = other.post('/disconnect').then();
    await until(() => door.count() === 2); // erased here; the revocation waits at the door
    door.open();
    await Promise.all([refreshing, disconnect]);
    expect((await connection(visitor)).state).toBe('not-connected');
    expect((await connection(other)).state).toBe('not-connected');
  });

  test('connecting again wins over a refresh under way', async () => {
    const { app, withings } = await startFarApart();
    const visitor = visit(app);
    await visitor.connect();
    const second = visit(app);
    const callback = await second.consent(await second.begin(), 'Allow');
    const door = withings.hold('/v2/oauth2');
    const refreshing = visitor.post('/refresh').then();
    await door.arrived;
    const arriving = second.get(callback).then();
    door.open();
    await Promise.all([refreshing, arriving]);
    expect((await visitor.json('/api/measures')).status).toBe(200);
    expect((await second.json('/api/measures')).status).toBe(200);
  });
});
