import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { startApp } from '../support/app.ts';
import { arrivals } from '../support/crowd.ts';
import { REDEEM, sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

describe('the way there', () => {
  test('the first page has the button and the demo link, sets no cookie, and is not stored', async () => {
    const app = await startApp();
    const page = await visit(app).get('/');
    expect(page.status).toBe(200);
    expect(page.text).toContain('href="/connect"');
    expect(page.text).toContain('href="/connect?mode=demo"');
    expect(page.text).toContain('Sandbox');
    expect(page.headers['set-cookie']).toBeUndefined();
    expect(page.headers['cache-control']).toBe('no-store');
  });

  test('the redirect carries exactly the documented parameters', async () => {
    const app = await startApp();
    const url = await visit(app).begin();
    expect(url.href.split('?')[0]).toBe(`${app.url}/sandbox/oauth2_user/authorize2`);
    const { state, ...rest } = Object.fromEntries(url.searchParams);
    expect(rest).toEqual({
      response_type: 'code',
      client_id: 'sandbox',
      scope: 'user.info,user.metrics,user.activity',
      redirect_uri: `${app.url}/callback`,
    });
    expect(state).toMatch(/^[\w.-]{100,600}$/); // sealed: it has all that is known of this attempt
    expect((await visit(app).begin('/connect?mode=demo')).searchParams.get('mode')).toBe('demo');
  });

  test('every attempt has a state of its own', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const states = new Set<string | null>();
    for (let i = 0; i < 200; i += 1) states.add((await visitor.begin()).searchParams.get('state'));
    expect(states.size).toBe(200);
  });

  test.each<[string, Record<string, string>]>([
    ['Host', { Host: 'evil.example' }],
    ['Host in capitals with a port', { Host: 'EVIL.example:99' }],
    ['X-Forwarded-Host', { 'X-Forwarded-Host': 'evil.example' }],
    ['X-Forwarded-Proto', { 'X-Forwarded-Proto': 'https' }],
    ['Forwarded', { Forwarded: 'host=evil.example;proto=https' }],
  ])('whatever %s says, the redirect URI is ours, in both calls', async (_name, headers) => {
    const app = await startApp();
    const visitor = visit(app);
    const first = await visitor.get('/connect', headers);
    const url = new URL(String(first.headers.location));
    expect(url.origin).toBe(app.url);
    expect(url.searchParams.get('redirect_uri')).toBe(`${app.url}/callback`);
    const callback = await visitor.consent(url, 'Allow');
    // The sandbox refuses an exchange whose redirect URI differs by one byte.
    expect((await visitor.get(callback, headers)).headers.location).toBe('/dashboard');
  });

  test.each(['/connect', '/callback'])('HEAD %s is answered and begins nothing', async (path) => {
    const app = await startApp();
    const answer = await request(app.url).head(path);
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers.location).toBeUndefined();
  });

  test.each<[string, Record<string, string>]>([
    ['Sec-Purpose', { 'Sec-Purpose': 'prefetch;prerender' }],
    ['Purpose', { Purpose: 'prefetch' }],
    ['X-Purpose', { 'X-Purpose': 'preview' }],
    ['X-Moz', { 'X-Moz': 'prefetch' }],
    ['an image of another site', { 'Sec-Fetch-Dest': 'image' }],
    ['a frame', { 'Sec-Fetch-Dest': 'iframe' }],
  ])('a page opened ahead of time (%s) begins and spends nothing', async (_name, headers) => {
    const app = await startApp();
    const visitor = visit(app);
    const early = await visitor.get('/connect', headers);
    expect(early.status).toBe(425);
    expect(early.headers['set-cookie']).toBeUndefined();
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    expect((await visitor.get(callback, headers)).status).toBe(425);
    expect(await sandboxOf(app).calls(REDEEM)).toBe(0);
    expect((await visitor.get(callback)).headers.location).toBe('/dashboard');
  });
});

describe('coming back', () => {
  test('connected: a redirect without a body of interest, a new session, a dashboard', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const landed = await visitor.connect();
    expect(landed.status).toBe(303);
    expect(landed.headers.location).toBe('/dashboard');
    expect(landed.headers['referrer-policy']).toBe('no-referrer');
    expect(landed.headers['cache-control']).toBe('no-store');
    expect(String(landed.headers['set-cookie'])).toMatch(
      /^withings-session-\d+=s%3A[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
    const page = await visitor.get('/dashboard');
    expect(page.text).toContain('Connected');
    expect(page.text).toMatch(/\d\d\.\d <span class="unit">kg/);
    expect((await visitor.get('/')).text).toContain('Open the dashboard');
  });

  test('the demo user is shown as such', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect('/connect?mode=demo');
    expect((await visitor.json('/api/connection')).body).toMatchObject({ state: 'connected', demo: true });
    expect((await visitor.get('/dashboard')).text).toContain('Demo');
  });

  test('a denial is believed only with a good state, and ends the attempt kindly', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const denied = await visitor.consent(await visitor.begin(), 'Deny');
    const strange = await visitor.get(
      `/callback?error=access_denied&state=${'0a1b2c3d'}.${'x'.repeat(16)}.${'x'.repeat(90)}`,
    );
    expect(strange.text).toContain('attempt-unknown');
    const page = await visitor.get(denied);
    expect(page.status).toBe(403);
    expect(page.text).toContain('access-denied');
    expect(page.text).toContain('href="/connect"');
    expect(page.text).toContain('href="/connect?account=other"'); // on a shared computer it was somebody else's
    expect((await visitor.get(denied)).text).toContain('access-denied'); // back button: the same page
    const elsewhere = await visitor.consent(await visitor.begin('/connect?return_to=/privacy'), 'Deny');
    expect((await visitor.get(elsewhere)).text).toContain(
      'href="/connect?return_to=%2Fprivacy&amp;account=other"',
    );
    const state = new URL(denied).searchParams.get('state');
    expect((await visitor.get(`/callback?code=x&state=${state}`)).text).toContain('attempt-spent');
    expect(await sandboxOf(app).calls(REDEEM)).toBe(0);
  });

  test('a denial with somebody else’s state leaves their attempt open', async () => {
    const app = await startApp();
    const [ann, ben] = [visit(app), visit(app)];
    const authorize = await ann.begin();
    await ben.begin();
    const forged = `/callback?error=access_denied&state=${authorize.searchParams.get('state')}`;
    expect((await ben.get(forged)).text).toContain('attempt-unknown');
    expect((await ann.get(await ann.consent(authorize, 'Allow'))).headers.location).toBe('/dashboard');
  });

  test('a state works in the browser that began, and in no other', async () => {
    const app = await startApp();
    const [ann, ben, cleo] = [visit(app), visit(app), visit(app)];
    const callback = await ann.consent(await ann.begin(), 'Allow');
    await ben.begin();
    expect((await ben.get(callback)).text).toContain('attempt-unknown');
    expect((await cleo.get(callback)).text).toContain('cookies-missing');
    expect(await sandboxOf(app).calls(REDEEM)).toBe(0);
    expect((await ann.get(callback)).headers.location).toBe('/dashboard');
  });

  test('a state is good once: another code with it is refused, without a call', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    await visitor.get(callback);
    for (let i = 0; i < 20; i += 1) {
      const replay = await visitor.get(callback.replace(/code=\w+/, `code=${String(i).padStart(40, '0')}`));
      expect(replay.text).toContain('attempt-spent');
    }
    expect(await sandboxOf(app).calls(REDEEM)).toBe(1);
  });

  test('twenty equal callbacks at once: one exchange, twenty times the same good result', async () => {
    const { app, withings } = await startFarApart();
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    const door = withings.hold('/v2/oauth2');
    const first = visitor.get(callback).then();
    await door.arrived; // the exchange is under way, and stays so while the others come
    const { pathname, search } = new URL(callback);
    const arrived = arrivals(pathname + search, 19);
    const others = Array.from({ length: 19 }, () => visitor.get(callback).then());
    await arrived;
    door.open();
    const answers = await Promise.all([first, ...others]);
    expect(answers.map((answer) => answer.headers.location)).toEqual(Array(20).fill('/dashboard'));
    const cookies = new Set(answers.map((answer) => String(answer.headers['set-cookie']).split(';')[0]));
    expect(cookies.size).toBe(1);
    expect(door.count()).toBe(1);
    expect((await visitor.get('/dashboard')).status).toBe(200);
  });

  test('the callback again, later: the same dashboard without a call', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    await visitor.get(callback);
    app.clock.now += 60_000;
    expect((await visitor.get(callback)).headers.location).toBe('/dashboard');
    expect(await sandboxOf(app).calls(REDEEM)).toBe(1);
  });

  test('after logging out the callback opens nothing any more', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    await visitor.get(callback);
    await visitor.post('/logout');
    expect((await visitor.get(callback)).text).toContain('attempt-spent');
    expect((await visitor.get('/dashboard')).headers.location).toBe('/');
  });

  test('five tabs of one browser all finish, in any order', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const tabs: URL[] = [];
    for (let i = 0; i < 5; i += 1) tabs.push(await visitor.begin());
    for (const tab of tabs.reverse()) {
      const landed = await visitor.get(await visitor.consent(tab, 'Allow'));
      expect(landed.headers.location).toBe('/dashboard');
    }
    expect((await visitor.get('/dashboard')).status).toBe(200);
  });

  test('an attempt lives ten minutes, to the second', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const [first, second] = [await visitor.begin(), await visitor.begin()];
    app.clock.now += 600_000 - 1;
    expect((await visitor.get(await visitor.consent(first, 'Allow'))).headers.location).toBe('/dashboard');
    app.clock.now += 1;
    expect((await visitor.get(await visitor.consent(second, 'Allow'))).text).toContain('attempt-expired');
  });

  test('a browser id that a client made up is not adopted', async () => {
    const app = await startApp();
    const planted = 'A'.repeat(43);
    const name = `withings-connect-${app.config.port}`;
    const answer = await visit(app).get('/connect', { Cookie: `${name}=${planted}` });
    expect(String(answer.headers['set-cookie'])).toMatch(new RegExp(`^${name}=`));
    expect(String(answer.headers['set-cookie'])).not.toContain(planted);
  });
});

describe('the session', () => {
  test('connecting again gives a new session; the old cookie opens nothing', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect();
    const old = visitor.cookies();
    await visitor.connect();
    expect(visitor.cookies()).not.toBe(old);
    const thief = visit(app);
    expect((await thief.get('/dashboard', { Cookie: old })).headers.location).toBe('/');
    expect((await visitor.get('/dashboard')).status).toBe(200);
  });

  test('a restart loses nothing', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect();
    const again = await app.restart();
    expect((await visitor.get('/dashboard')).text).toContain('Connected');
    expect((await visitor.post('/refresh')).headers.location).toBe('/dashboard');
    expect((await visitor.json('/api/connection')).body.lastRefresh.outcome).toBe('refreshed');
    expect(again.url).toBe(app.url);
  });

  test('two browsers of one person share one grant', async () => {
    const app = await startApp();
    const [home, work] = [visit(app), visit(app)];
    await home.connect();
    await work.connect();
    await work.post('/refresh');
    const [a, b] = [await home.json('/api/connection'), await work.json('/api/connection')];
    expect(a.body).toEqual(b.body);
    expect(a.body.lastRefresh.outcome).toBe('refreshed');
  });
});

describe('where to go afterwards', () => {
  const land = async (returnTo: string) => {
    const app = await startApp();
    const landed = await visit(app).connect(`/connect?${new URLSearchParams({ return_to: returnTo })}`);
    return String(landed.headers.location);
  };

  test.each(['/', '/dashboard?from=mail', '/some/page'])('%s is honoured', async (path) => {
    expect(await land(path)).toBe(path);
  });

  test.each([
    'https://evil.example/',
    '/handoff/f2Qk',
    '/partner/connections',
    '/webhooks/withings/x',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\\/evil.example',
    'javascript:alert(1)',
    'dashboard',
    '',
    '/./\\evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    '/connect',
    '/callback?code=x&state=y',
    '/logout',
    '/dismiss',
    '/doctor/streams',
    '/operator',
    '/sandbox/logout?r=https://evil.example',
    `/${'a'.repeat(600)}`,
  ])('%j is not: the dashboard instead', async (path) => {
    expect(await land(path)).toBe('/dashboard');
  });
});
