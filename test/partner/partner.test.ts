import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import type { TestApp } from '../support/app.ts';
import { activated, KEY, partnerOf, startDoor, USER } from '../support/partner.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

const MINUTE = 60_000;

describe('from a code to the dashboard', () => {
  test('activate, code, hand-off, dashboard', async () => {
    const { app, partner, contract } = await startDoor();
    const made = await partner.post('', { code: await activated(contract), externalId: 'patient-17' });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      connectionId: expect.stringMatching(/^eu-\d+$/),
      userId: expect.stringMatching(/^\d+$/),
      scope: ['user.info', 'user.metrics', 'user.activity'],
      handoffUrl: expect.stringContaining(`${app.url}/handoff/`),
    });
    expect(made.headers['cache-control']).toBe('no-store');

    const webview = visit(app);
    const opened = await webview.post(new URL(made.body.handoffUrl).pathname);
    expect(opened.status).toBe(303);
    expect(opened.headers.location).toBe('/dashboard');
    const page = await webview.get('/dashboard');
    expect(page.text).toContain('Connected');
    expect(page.text).toContain(made.body.userId);

    const status = await partner.get(`/${made.body.connectionId}`);
    expect(status.body).toMatchObject({
      externalId: 'patient-17',
      state: 'connected',
      userId: made.body.userId,
    });
  });

  test('an order of devices ends at the same place', async () => {
    const { partner, contract } = await startDoor();
    const address = {
      name: 'Ada',
      address1: '2 rue Maurice Hartmann',
      city: 'Issy',
      zip: '92130',
      country: 'FR',
    };
    const products = [{ ean: '3700546702518', quantity: 1 }];
    const ordered = await contract.createUserOrder(USER, [{ customer_ref_id: 'r1', address, products }]);
    if (!ordered.ok) throw new Error(ordered.refusal.code);
    expect(ordered.value.orderIds).toHaveLength(1);
    expect((await partner.post('', { code: ordered.value.code })).status).toBe(201);

    const lost = await contract.createUserOrder(USER, [{ customer_ref_id: 'r2', address: {}, products }]);
    expect(lost).toMatchObject({ ok: false, refusal: { status: 503 } });
  });

  test('the connection outlives the browser, and is the same when it is made again', async () => {
    const { app, partner, contract } = await startDoor();
    const { body } = await partner.post('', { code: await activated(contract) });
    const webview = visit(app);
    await webview.post(new URL(body.handoffUrl).pathname);
    await webview.post('/logout');
    expect((await partner.get(`/${body.connectionId}`)).body.state).toBe('connected');

    app.clock.now += MINUTE;
    const code = await contract.recover(body.userId);
    if (!code.ok) throw new Error(code.refusal.code);
    const again = await partner.post('', { code: code.value, externalId: 'later' });
    expect(again.body.connectionId).toBe(body.connectionId);
    expect((await partner.get(`/${body.connectionId}`)).body.externalId).toBe('later');
    await app.sweep();
    expect((await partner.get(`/${body.connectionId}`)).status).toBe(200);
  });

  test('a live access token for the partner, refreshed when it is due, and never in the log', async () => {
    const { app, partner, contract } = await startDoor();
    const { body } = await partner.post('', { code: await activated(contract) });
    const first = await partner.post(`/${body.connectionId}/access-token`);
    expect(first.body).toMatchObject({
      scope: body.scope,
      expiresAt: new Date(app.clock.now + 180 * MINUTE).toISOString(),
    });
    expect((await contract.devices(first.body.accessToken)).ok).toBe(true);
    app.clock.now += 181 * MINUTE;
    const second = await partner.post(`/${body.connectionId}/access-token`);
    expect(second.body.accessToken).not.toBe(first.body.accessToken);
    expect((await contract.devices(second.body.accessToken)).ok).toBe(true);
    expect(app.logs()).toContain('access token for a partner');
    for (const secret of [first.body.accessToken, second.body.accessToken, KEY, 'patient-17']) {
      expect(app.logs()).not.toContain(secret);
    }
  });

  test('ended by the partner: revoked at Withings, erased here, the browser too', async () => {
    const { app, partner, contract } = await startDoor();
    const { body } = await partner.post('', { code: await activated(contract) });
    const webview = visit(app);
    await webview.post(new URL(body.handoffUrl).pathname);
    const token = (await partner.post(`/${body.connectionId}/access-token`)).body.accessToken;
    expect((await partner.delete(`/${body.connectionId}`)).body).toEqual({
      revoked: true,
      removalPage: null,
    });
    expect((await partner.get(`/${body.connectionId}`)).body.problem.code).toBe('connection-unknown');
    expect((await webview.get('/dashboard')).headers.location).toBe('/');
    expect((await contract.devices(token)).ok).toBe(false);
  });
});

describe('hand-off', () => {
  async function handedOff() {
    const door = await startDoor();
    const { body } = await door.partner.post('', { code: await activated(door.contract) });
    return { ...door, body, path: new URL(body.handoffUrl).pathname };
  }

  test('works once, whoever comes second', async () => {
    const { app, path } = await handedOff();
    expect((await visit(app).post(path)).status).toBe(303);
    const second = visit(app);
    for (const refused of [await second.get(path), await second.post(path)]) {
      expect(refused.status).toBe(410);
      expect(refused.headers['set-cookie']).toBeUndefined();
    }
    expect((await second.get('/dashboard')).headers.location).toBe('/');
  });

  test('works for ten minutes; a later one can be asked for', async () => {
    const { app, path, partner, body } = await handedOff();
    app.clock.now += 10 * MINUTE;
    expect((await visit(app).get(path)).status).toBe(410);
    expect((await visit(app).post(path)).status).toBe(410);
    const next = await partner.post(`/${body.connectionId}/handoff`);
    expect(next.status).toBe(201);
    expect((await visit(app).post(new URL(next.body.handoffUrl).pathname)).status).toBe(303);
  });

  test('is not spent by previews, link checkers or images', async () => {
    const { app, path } = await handedOff();
    expect((await request(app.url).head(path)).status).toBe(200);
    const preview = visit(app); // keeps cookies, says nothing of itself, follows what it is told
    expect((await preview.get(path, { 'Sec-Purpose': 'prefetch' })).status).toBe(200);
    const opened = await preview.get(path);
    expect([opened.status, opened.headers['set-cookie']]).toEqual([200, undefined]);
    expect((await preview.get('/dashboard')).headers.location).toBe('/');
    expect((await visit(app).post(path)).status).toBe(303);
  });

  test('its address is kept by nobody and passed on to nobody', async () => {
    const { app, path } = await handedOff();
    for (const status of [303, 410]) {
      const answer = await visit(app).post(path);
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
    }
    expect((await request(app.url).head(path)).headers['cache-control']).toBe('no-store');
  });

  test('what the store keeps of it opens nothing', async () => {
    const { app } = await handedOff();
    for (const token of ['', 'x', '%00', '../dashboard', 'a'.repeat(300)]) {
      expect([404, 410]).toContain((await visit(app).get(`/handoff/${encodeURIComponent(token)}`)).status);
    }
  });
});

describe('who does not belong here', () => {
  test('without a key the door does not exist', async () => {
    const { app } = await startFarApart();
    const answer = await partnerOf(app).get('/eu-1');
    expect(answer.status).toBe(404);
    expect(answer.body.problem.code).toBe('not-found');
    expect((await request(app.url).get('/handoff/x')).status).toBe(404);
  });

  test.each(['wrong', `${KEY}x`, KEY.slice(1), ''])('the key %j opens nothing', async (key) => {
    const { app, contract } = await startDoor();
    const code = await activated(contract);
    for (const call of [
      partnerOf(app, key).post('', { code }),
      partnerOf(app, key).get('/eu-1'),
      partnerOf(app, key).delete('/eu-1'),
      partnerOf(app, key).post('/eu-1/access-token'),
    ]) {
      const answer = await call;
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
    expect((await partnerOf(app).post('', { code })).status).toBe(201);
  });

  test('each id names its own connection', async () => {
    const { partner, contract } = await startDoor();
    const ada = await partner.post('', { code: await activated(contract), externalId: 'ada' });
    const bob = await partner.post('', {
      code: await activated(contract, { email: 'bob@example.com', externalId: 'bob' }),
      externalId: 'bob',
    });
    for (const [made, externalId] of [
      [ada, 'ada'],
      [bob, 'bob'],
    ] as const) {
      const { body } = await partner.get(`/${made.body.connectionId}`);
      expect(body).toMatchObject({ externalId, userId: made.body.userId });
    }
    await partner.delete(`/${bob.body.connectionId}`);
    expect((await partner.get(`/${ada.body.connectionId}`)).body.state).toBe('connected');
  });

  test('a connection that a browser made is none of the partner’s', async () => {
    const { app, partner } = await startDoor();
    const visitor = visit(app);
    await visitor.connect();
    const { userId } = (await visitor.json('/api/connection')).body;
    for (const call of [
      partner.get(`/eu-${userId}`),
      partner.delete(`/eu-${userId}`),
      partner.post(`/eu-${userId}/handoff`),
    ]) {
      expect((await call).status).toBe(404);
    }
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
  });

  test.each([
    [400, {}],
    [400, { code: '' }],
    [400, { code: 7 }],
    [400, { code: 'a b' }],
    [400, { code: 'x'.repeat(600) }],
    [400, { code: 'x', externalId: '' }],
    [400, { code: 'x', more: 1 }],
    [400, []],
  ])('%i for %j', async (status, body) => {
    const { partner } = await startDoor();
    const answer = await partner.post('', body);
    expect(answer.status).toBe(status);
    expect(answer.body.problem.code).toBe('bad-request');
  });

  test('broken JSON, forms, too much, and methods that are not there', async () => {
    const { app, partner } = await startDoor();
    const raw = (type: string, text: string) =>
      request(app.url)
        .post('/partner/connections')
        .set({ Authorization: `Bearer ${KEY}`, 'Content-Type': type })
        .send(text);
    expect((await raw('application/json', '{"code":')).status).toBe(400);
    expect((await raw('application/x-www-form-urlencoded', 'code=1')).status).toBe(415);
    expect((await raw('application/json', `{"code":"${'x'.repeat(20_000)}"}`)).status).toBe(413);
    expect((await partner.get('')).status).toBe(405);
    expect((await partner.post('/eu-1')).status).toBe(405);
    expect((await partner.get('/eu-1/access-token')).status).toBe(405);
    expect((await partner.get('/%00')).status).toBe(404);
  });

  test('a foreign, used or late code changes nothing', async () => {
    const { app, partner, contract } = await startDoor();
    const { body } = await partner.post('', { code: await activated(contract) });
    const late = await activated(contract, { email: 'bob@example.com' });
    app.clock.now += 11 * MINUTE;
    for (const code of ['f'.repeat(40), late]) {
      const answer = await partner.post('', { code });
      expect(answer.status).toBe(400);
      expect(answer.body.problem.code).toBe('partner-code-refused');
      app.clock.now += MINUTE;
    }
    expect((await partner.get(`/${body.connectionId}`)).body.state).toBe('connected');
  });

  test('there is a limit to how often somebody may ask', async () => {
    const { app, partner } = await startDoor();
    const answers = await Promise.all(Array.from({ length: 125 }, () => partner.get('/eu-1')));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(5);
    const limited = await partner.get('/eu-1');
    expect(limited.status).toBe(429);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
    expect((await request(app.url).get('/')).status).toBe(200);
  });

  test('whoever guesses at the key is named in the log by their address; who has it is not', async () => {
    const { app, partner } = await startDoor();
    await partner.get('/eu-1');
    expect(app.logs()).not.toContain('127.0.0.1"');
    await partnerOf(app, 'guess').get('/eu-1');
    expect(app.logs()).toMatch(/"problem":"unauthorized","address":"127\.0\.0\.1"/);
  });

  test('whoever guesses at the key is limited, and takes nothing from whoever has it', async () => {
    const { app, partner } = await startDoor();
    const guesses = await Promise.all(
      Array.from({ length: 130 }, () => partnerOf(app, 'guess').get('/eu-1')),
    );
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(70);
    const keyed = await partner.get('/eu-1');
    expect([keyed.status, keyed.headers.ratelimit]).toEqual([404, expect.stringContaining('r=119;')]);
  });

  test('the scheme of the key is no matter of capitals', async () => {
    const { app } = await startDoor();
    for (const scheme of ['bearer', 'BEARER', 'Bearer ']) {
      const { status } = await request(app.url)
        .get('/partner/connections/eu-1')
        .set('Authorization', `${scheme} ${KEY}`);
      expect([scheme, status]).toEqual([scheme, 404]);
    }
  });

  test('who hangs up at once is no mistake of ours', async () => {
    const { app } = await startDoor();
    const gone = Array.from({ length: 30 }, () => hangUp(app, `GET /partner/connections/eu-1`));
    await Promise.all(gone);
    await until(() => app.logs().split('"msg":"request"').length > 1 || app.logs().includes('"problem"'));
    expect(app.logs()).not.toContain('"problem":"internal"');
  });
});

/** Sends a request and resets the connection before it can be answered. */
function hangUp(app: TestApp, line: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(app.config.port, '127.0.0.1', () => {
      socket.write(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`, () => socket.resetAndDestroy());
    });
    socket.once('close', () => resolve());
  });
}

describe('dead refresh tokens', () => {
  async function dead(env: Record<string, string>) {
    const door = await startDoor(env);
    const { body } = await door.partner.post('', { code: await activated(door.contract) });
    const webview = visit(door.app);
    await webview.post(new URL(body.handoffUrl).pathname);
    const control = request(door.withings.url);
    await control.post('/control/faults').send({ name: 'refuse-refresh', times: 2 });
    door.app.clock.now += 181 * MINUTE;
    return { ...door, body, webview, control };
  }

  test('where the contract allows it they are replaced, and the history says so', async () => {
    const { app, partner, body, webview } = await dead({ WITHINGS_RECOVER: 'on' });
    expect((await partner.post(`/${body.connectionId}/access-token`)).status).toBe(200);
    await app.settled();
    const page = await webview.get('/dashboard');
    expect(page.text).toContain('Connected');
    expect(page.text).toContain('The old tokens were dead');
    expect((await webview.json('/api/connection')).body).toMatchObject({ state: 'connected', problem: null });
  });

  test('elsewhere the connection has ended, in words', async () => {
    const { partner, body } = await dead({});
    const answer = await partner.post(`/${body.connectionId}/access-token`);
    expect(answer.status).toBe(409);
    expect(answer.body.problem.code).toBe('connection-ended');
    expect((await partner.get(`/${body.connectionId}`)).body.state).toBe('needs-reconnect');
  });

  test('a person who allowed it in a browser has to be asked again', async () => {
    const { app, withings } = await startDoor({ WITHINGS_RECOVER: 'on' });
    const visitor = visit(app);
    await visitor.connect();
    await request(withings.url).post('/control/faults').send({ name: 'refuse-refresh', times: 2 });
    app.clock.now += 181 * MINUTE;
    expect((await visitor.json('/api/measures')).status).toBe(401);
    expect((await visitor.json('/api/connection')).body.state).toBe('needs-reconnect');
  });

  test('no answer to the recovery is no verdict', async () => {
    const { app, partner, body, control } = await dead({ WITHINGS_RECOVER: 'on' });
    await control
      .post('/control/faults')
      .send({ name: 'http-500', times: 1, on: 'recoverauthorizationcode' });
    const first = await partner.post(`/${body.connectionId}/access-token`);
    expect(first.status).toBe(503);
    app.clock.now += MINUTE;
    expect((await partner.post(`/${body.connectionId}/access-token`)).status).toBe(200);
  });
});
