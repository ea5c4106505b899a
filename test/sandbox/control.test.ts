import { expect, test } from '@jest/globals';
import request from 'supertest';
import { authorizeUrl, buildTown, MAREN } from './town.ts';

test('the state tells everything but a token', async () => {
  const { app, connect, getmeas, refresh, sandbox } = buildTown();
  const { access_token, refresh_token } = await connect();
  await getmeas(access_token);
  await refresh(refresh_token);
  const { body, text } = await request(app).get('/control/state');
  expect(text).not.toContain(access_token);
  expect(text).not.toContain(refresh_token);
  expect(body.clock).toEqual({ now: sandbox.now(), iso: '2026-01-15T09:00:00.000Z', offsetSeconds: 0 });
  expect(body.counters).toEqual({
    getmeas: { ok: 1 },
    'requesttoken authorization_code': { ok: 1 },
    'requesttoken refresh_token': { ok: 1 },
  });
  expect(body.users.map(({ userId, demo }: { userId: number; demo: boolean }) => [userId, demo])).toEqual([
    [10000001, false],
    [10000002, false],
    [10000003, false],
    [10000004, false],
    [10000005, false],
    [10000900, true],
  ]);
  const [grant] = body.users[0].grants;
  expect(grant).toMatchObject({ clientId: 'sandbox', scope: 'user.info,user.metrics,user.activity' });
  expect(grant.pairs).toMatchObject([
    { state: 'live', refreshState: 'live', why: null, used: false },
    {
      accessToken: `${access_token.slice(0, 4)}…`,
      refreshToken: `${refresh_token.slice(0, 4)}…`,
      state: 'live',
      refreshState: 'in grace',
      used: true,
    },
  ]);
});

test('a token is looked up whole: what it and its twin are worth', async () => {
  const { app, connect, getmeas, refresh } = buildTown();
  const lookUp = (token: unknown) => request(app).post('/control/introspect').send({ token });
  const first = await connect();
  const second = (await refresh(first.refresh_token)).body.body;
  const grant = { userId: MAREN, clientId: 'sandbox', scope: 'user.info,user.metrics,user.activity' };
  expect((await lookUp(second.access_token)).body).toMatchObject({ ...grant, state: 'live', used: false });
  expect((await lookUp(first.refresh_token)).body).toMatchObject({ ...grant, refreshState: 'in grace' });
  await getmeas(second.access_token);
  expect((await lookUp(second.refresh_token)).body).toMatchObject({ refreshState: 'live', used: true });
  const dead = await lookUp(first.refresh_token);
  expect(dead.body).toMatchObject({ refreshState: 'dead', why: 'the new access token was used' });
  for (const token of [first.access_token, first.refresh_token]) expect(dead.text).not.toContain(token);
  for (const unknown of ['0'.repeat(40), '', 'x\0', 1, null, [second.access_token, 'x']])
    expect([unknown, (await lookUp(unknown)).status]).toEqual([unknown, 404]);
});

test('the clock moves forward, and everything with it', async () => {
  const { app, sandbox, clock, connect, getmeas } = buildTown();
  const { access_token } = await connect();
  const answer = await request(app).post('/control/clock').send({ advanceSeconds: 10_800 });
  expect(answer.body).toEqual({
    now: clock.now + 10_800_000,
    iso: '2026-01-15T12:00:00.000Z',
    offsetSeconds: 10_800,
  });
  expect(sandbox.now()).toBe(clock.now + 10_800_000);
  expect((await getmeas(access_token)).body.status).toBe(401);
});

test.each([
  {},
  [],
  { advanceSeconds: -1 },
  { advanceSeconds: null },
  { advanceSeconds: true },
  { advanceSeconds: '' },
  { advanceSeconds: 'Infinity' },
  { advanceSeconds: 315_360_001 },
  { advanceSeconds: [60] },
  { advanceSeconds: 1, extra: 1 },
])('the clock refuses %j', async (input) => {
  const { app, sandbox, clock } = buildTown();
  const answer = await request(app).post('/control/clock').send(input);
  expect(answer.status).toBe(400);
  expect(answer.body.known).toHaveProperty('advanceSeconds');
  expect(sandbox.now()).toBe(clock.now);
});

test('the clock goes thirty years ahead at most, and all still answers', async () => {
  const { app, connect, getmeas } = buildTown();
  const statuses: number[] = [];
  for (let n = 0; n < 4; n += 1) {
    statuses.push((await request(app).post('/control/clock').send({ advanceSeconds: 315_360_000 })).status);
  }
  expect(statuses).toEqual([200, 200, 200, 400]);
  expect((await request(app).get('/')).status).toBe(200);
  expect((await getmeas((await connect()).access_token)).body.body.measuregrps).toHaveLength(1500);
});

test.each([
  {},
  { name: 'nothing-like-this' },
  { name: '__proto__' },
  { name: ['deny'] },
  { name: 'deny', times: -1 },
  { name: 'deny', times: 1.5 },
  { name: 'deny', times: '1e3' },
  { name: 'deny', on: 'everything' },
  { name: 'late', delayMs: -1 },
])('the faults refuse %j and list what is known', async (input) => {
  const { app, state } = buildTown();
  const answer = await request(app).post('/control/faults').send(input);
  expect(answer.status).toBe(400);
  expect(answer.body.known.name.toSorted()).toEqual([
    'deny',
    'html',
    'http-500',
    'late',
    'lose-reply',
    'no-grace',
    'only-metrics',
    'partial-scope',
    'refuse-code',
    'refuse-refresh',
    'reset',
    'revoke-family',
    'short-pages',
    'slow',
    'status-2554',
    'status-522',
    'status-601',
    'truncated',
    'userid-string',
    'wrong-secret',
  ]);
  expect((await state()).faults).toEqual([]);
});

test('unlinking ends the tokens, for every app', async () => {
  const { app, connect, getmeas, refresh, authorize, redeem } = buildTown();
  const { access_token, refresh_token } = await connect();
  const code = await authorize(MAREN);
  await request(app).post(`/control/users/${MAREN}/unlink`).expect(200, { userId: MAREN, unlinkedPairs: 1 });
  expect((await getmeas(access_token)).body.status).toBe(401);
  expect((await refresh(refresh_token)).body.error).toBe('Invalid Params: invalid refresh_token');
  expect((await redeem(code)).body.error).toBe('Invalid Params: invalid code');
});

test('nobody by that id', async () => {
  const { app } = buildTown();
  for (const path of ['1/unlink', '1/weigh', '__proto__/weigh', 'undefined/unlink']) {
    const answer = await request(app).post(`/control/users/${path}`);
    expect([path, answer.status, answer.body.known.length]).toEqual([path, 404, 6]);
  }
});

test.each([
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
  { Origin: 'http://evil.example', 'Sec-Fetch-Site': 'same-origin' },
  { Origin: 'http://evil.example' },
  { Origin: 'null' },
])('a page elsewhere moves nothing: %j', async (headers) => {
  const { app, sandbox, clock, state } = buildTown();
  const post = (path: string) => request(app).post(path).set('Host', 'own.example').set(headers);
  await post('/control/clock').send({ advanceSeconds: 60 }).expect(403);
  await post('/control/faults').send({ name: 'deny' }).expect(403);
  await post(`/control/users/${MAREN}/unlink`).expect(403);
  await post('/oauth2_user/account_login').type('form').send({ user: MAREN }).expect(403);
  await request(app).delete('/control/faults').set('Host', 'own.example').set(headers).expect(403);
  expect(sandbox.now()).toBe(clock.now);
  expect((await state()).faults).toEqual([]);
});

test('what is read is read under our names, as another could be pointed at this machine', async () => {
  const { app } = buildTown({ publicUrl: 'https://own.example', host: 'listens.example' });
  const read = async (path: string, host: string) =>
    (await request(app).get(path).set('Host', host).redirects(0)).status;
  for (const path of ['/', '/control/state', '/events', '/sandbox/', '/sandbox/control/state'])
    expect([path, await read(path, 'evil.example')]).toEqual([path, 403]);
  for (const host of ['evil.example:4000', 'localhost.evil.example', '127.0.0.1.evil.example'])
    expect([host, await read('/', host)]).toEqual([host, 403]);
  for (const host of [
    'own.example',
    'listens.example:4000',
    'localhost:4000',
    '127.0.0.1',
    '[::1]:4000',
    'sandbox:4000',
  ])
    expect([host, await read('/', host), await read('/control/state', host)]).toEqual([host, 200, 200]);
});

test('our own pages and programs may', async () => {
  const { app } = buildTown({ publicUrl: 'https://own.example' });
  for (const headers of [
    { Origin: 'http://own.example', 'Sec-Fetch-Site': 'same-origin' },
    { Origin: 'null', 'Sec-Fetch-Site': 'same-origin' },
    { 'Sec-Fetch-Site': 'none' },
    {},
  ]) {
    const post = request(app).post('/control/clock').set('Host', 'own.example').set(headers);
    await post.send({ advanceSeconds: 1 }).expect(200);
  }
});

test('the panel shows clock, faults, people, tokens and calls', async () => {
  const { app, connect, refresh, fault } = buildTown();
  const { access_token, refresh_token } = await connect();
  await refresh(refresh_token);
  await fault('late', { times: 3 });
  const { text } = await request(app).get('/');
  for (const words of [
    '15 Jan 2026, 09:00:00 UTC',
    'a minute before expiry',
    'The answer comes too late',
    '3 times',
    'Maren Holt',
    'in grace',
  ]) {
    expect(text).toContain(words);
  }
  expect(text).toContain('requesttoken refresh_token');
  expect(text).not.toContain(access_token);
  expect(text.match(/<script[^>]*>/g)).toEqual([
    expect.stringMatching(/^<script src="\/assets\/[0-9a-f]{16}\/sandbox.js" integrity=/),
  ]);
});

test('a name that somebody else points at this machine may not, though Origin and Host agree', async () => {
  const { app } = buildTown({ publicUrl: 'https://own.example' });
  const move = (host: string) =>
    request(app)
      .post('/control/clock')
      .set({ Host: host, Origin: `http://${host}` })
      .send({ advanceSeconds: 1 });
  for (const host of ['rebound.example', 'rebound.example:3000', 'localhost.rebound.example'])
    expect([host, (await move(host)).status]).toEqual([host, 403]);
  for (const host of ['localhost:4000', '127.0.0.1:4000', '[::1]:4000', 'own.example'])
    expect([host, (await move(host)).status]).toEqual([host, 200]);
});

test('a callback URL is registered and then works; another is refused with what is known', async () => {
  const { app, login } = buildTown();
  const url = 'http://localhost:5000/back';
  const browser = await login(MAREN);
  const asked = () => browser.get(authorizeUrl({ redirect_uri: url }));
  expect((await asked()).status).toBe(400);
  const answer = await request(app).post('/control/callbacks').send({ url });
  expect(answer.body.callbacks).toContain(url);
  expect((await asked()).status).toBe(200);
  for (const bad of [
    {},
    { url: 'javascript:alert(1)' },
    { url: 'http://u:p@x.example/' },
    { url, clientId: 'nobody' },
  ]) {
    const refused = await request(app).post('/control/callbacks').send(bad);
    expect([bad, refused.status, refused.body.known.clientId]).toEqual([bad, 400, ['sandbox', 'other']]);
  }
});

test('fifty callback URLs are registered and no more, until a reset', async () => {
  const { app } = buildTown();
  const register = (n: number) =>
    request(app)
      .post('/control/callbacks')
      .send({ url: `http://localhost:5000/back/${n}` });
  for (let n = 2; n < 50; n += 1) expect([n, (await register(n)).status]).toEqual([n, 200]);
  expect((await register(50)).body.error).toContain('No more than 50');
  await request(app).post('/control/reset');
  expect((await register(50)).status).toBe(200);
});

test('reset forgets people, faults, callbacks and calls, and leaves the clock', async () => {
  const { app, connect, getmeas, refresh, fault, state } = buildTown();
  const { access_token, refresh_token } = await connect();
  await fault('slow', { times: 0 });
  await request(app).post('/control/clock').send({ advanceSeconds: 60 });
  await request(app).post('/control/callbacks').send({ url: 'http://localhost:5000/back' });
  await request(app).post('/control/reset').expect(200);
  const after = await state();
  expect([after.faults, after.counters, after.clock.offsetSeconds]).toEqual([[], {}, 60]);
  expect(after.users.every((user: { grants: object[] }) => user.grants.length === 0)).toBe(true);
  expect((await request(app).get('/')).text).not.toContain('localhost:5000/back<');
  expect((await getmeas(access_token)).body.status).toBe(401);
  expect((await refresh(refresh_token)).body.error).toContain('invalid refresh_token');
});

test('where the clock may go back, a reset leaves nothing of what was', async () => {
  const { app, connect, getmeas, login, state } = buildTown({ clockGoesBack: true, limits: true });
  await getmeas((await connect()).access_token);
  await request(app).post('/control/clock').send({ advanceSeconds: 60 });
  const browser = await login(MAREN);
  expect((await browser.get(authorizeUrl())).text).toContain('Allow');
  await request(app).post('/control/limits').send({ on: false }).expect(200, { limits: false });
  expect((await request(app).post('/control/reset').expect(200)).body).toEqual(await state());
  expect(await state()).toMatchObject({ clock: { offsetSeconds: 0 }, limits: true, counters: {} });
  expect((await browser.get(authorizeUrl())).text).toContain('Who are you today?');
  expect((await getmeas((await connect()).access_token)).body.status).toBe(0);
});

test('the limits are switched off and on from outside', async () => {
  const { app, connect, data, pass } = buildTown({ limits: true });
  const { access_token } = await connect();
  const asked = async () => (await data(access_token, '/v2/user', 'getgoals')).status;
  expect([await asked(), await asked()]).toEqual([0, 601]);
  await request(app).post('/control/limits').send({ on: false }).expect(200, { limits: false });
  for (let n = 0; n < 130; n += 1) expect([n, await asked()]).toEqual([n, 0]);
  pass(10);
  await request(app).post('/control/limits').type('form').send({ on: 'true' }).expect(303);
  expect([await asked(), await asked()]).toEqual([0, 601]);
  for (const bad of [{}, { on: 'perhaps' }, { on: null }, { off: true }])
    expect([bad, (await request(app).post('/control/limits').send(bad)).status]).toEqual([bad, 400]);
});

test('whoever watches the panel is told of a change', async () => {
  const { listen, fault } = buildTown();
  const { url, close } = await listen();
  const leave = new AbortController();
  const answer = await fetch(`${url}/events`, { signal: leave.signal });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const reader = answer.body?.getReader();
  const read = async () => Buffer.from((await reader?.read())?.value ?? []).toString();
  expect(await read()).toContain('watching');
  await fault('slow');
  expect(await read()).toContain('event: change');
  leave.abort();
  close();
});

test('the panel shows the last calls without their secrets', async () => {
  const { app, connect, getmeas } = buildTown();
  const { access_token, refresh_token } = await connect();
  await getmeas(access_token);
  const { text } = await request(app).get('/');
  expect(text).toContain('grant_type=authorization_code');
  expect(text).toContain('measuregrps');
  for (const secret of [access_token, refresh_token, 'sandbox-secret']) expect(text).not.toContain(secret);
});
