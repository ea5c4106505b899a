import { expect, test } from '@jest/globals';
import type { Response } from 'express';
import request from 'supertest';
import { Delays } from '../../src/sandbox/wire/delays.ts';
import { buildTown, CALLBACK, client, MAREN, refusal } from './town.ts';

async function buildListening() {
  const town = buildTown();
  const { url, close } = await town.listen();
  const { refresh_token } = await town.connect();
  const refreshOverTheWire = () =>
    fetch(`${url}/v2/oauth2`, {
      method: 'POST',
      body: new URLSearchParams({
        action: 'requesttoken',
        client_id: client.id,
        client_secret: client.secret,
        grant_type: 'refresh_token',
        refresh_token,
      }),
    });
  const pairs = async () => (await town.state()).users[0].grants[0].pairs;
  return { ...town, close, pairs, refreshOverTheWire };
}

test('lose-reply: the work is done, the answer never comes', async () => {
  const { fault, refreshOverTheWire, pairs, state, close } = await buildListening();
  await fault('lose-reply');
  await expect(refreshOverTheWire()).rejects.toThrow('fetch failed');
  expect(await pairs()).toHaveLength(2);
  expect((await refreshOverTheWire()).status).toBe(200);
  expect((await state()).counters['requesttoken refresh_token']).toEqual({ 'lose-reply': 1, ok: 1 });
  close();
});

test('reset: the connection drops before anything is done', async () => {
  const { fault, refreshOverTheWire, pairs, close } = await buildListening();
  await fault('reset');
  await expect(refreshOverTheWire()).rejects.toThrow('fetch failed');
  expect(await pairs()).toHaveLength(1);
  close();
});

test('slow: the whole answer, a byte at a time', async () => {
  const { fault, refreshOverTheWire, close } = await buildListening();
  await fault('slow', { delayMs: 0 });
  const answer = await refreshOverTheWire();
  let chunks = 0;
  let text = '';
  const reader = answer.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    chunks += 1;
    text += Buffer.from(read.value).toString();
  }
  expect(JSON.parse(text).status).toBe(0);
  expect(chunks).toBeGreaterThan(20);
  close();
});

test('late: the work is done at once, the answer waits', async () => {
  const { fault, refreshOverTheWire, pairs, close } = await buildListening();
  await fault('late', { delayMs: 40 });
  const answer = refreshOverTheWire();
  while ((await pairs()).length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await (await answer).json()).toMatchObject({ status: 0 });
  close();
});

test('closing the sandbox leaves nobody waiting', async () => {
  const { fault, refreshOverTheWire, state, sandbox, close } = await buildListening();
  await fault('late');
  const answer = refreshOverTheWire();
  while (!('requesttoken refresh_token' in (await state()).counters)) await new Promise(setImmediate);
  sandbox.close();
  await expect(answer).rejects.toThrow('fetch failed');
  close();
});

test('a caller who leaves a slow answer does no harm', async () => {
  const { fault, listen } = buildTown();
  const { url, close } = await listen();
  await fault('slow', { delayMs: 1, on: 'getmeas', times: 2 });
  await fault('late', { delayMs: 10, on: 'requesttoken', times: 2 });
  for (const path of ['/measure?action=getmeas', '/measure?action=getmeas&offset=1']) {
    const leave = new AbortController();
    await fetch(url + path, { signal: leave.signal });
    leave.abort();
  }
  const body = new URLSearchParams({ action: 'requesttoken' });
  const late = fetch(`${url}/v2/oauth2`, { method: 'POST', body, signal: AbortSignal.timeout(5) });
  await expect(late).rejects.toThrow('aborted due to timeout');
  const next = await fetch(`${url}/v2/oauth2`, { method: 'POST', body });
  expect(await next.json()).toMatchObject({ status: 503 });
  close();
});

test('what waits for a caller who has left is not done', async () => {
  const delays = new Delays();
  const done: string[] = [];
  const res = (destroyed: boolean) => ({ destroyed }) as Response;
  delays.after(res(true), 0, () => done.push('gone'));
  await new Promise<void>((resolve) => {
    delays.after(res(false), 1, () => {
      done.push('here');
      resolve();
    });
  });
  expect(done).toEqual(['here']);
});

test('truncated: half of the JSON', async () => {
  const { fault, connect, refresh, state } = buildTown();
  const { refresh_token } = await connect();
  await fault('truncated');
  const answer = await refresh(refresh_token)
    .buffer(true)
    .parse((res, done) => {
      let text = '';
      res.on('data', (chunk) => {
        text += chunk;
      });
      res.on('end', () => done(null, text));
    });
  expect(answer.headers['content-type']).toContain('application/json');
  expect(() => JSON.parse(answer.body)).toThrow(SyntaxError);
  expect((await state()).users[0].grants[0].pairs).toHaveLength(2);
});

test('http-500 and html: a page in place of the answer', async () => {
  const { fault, connect, refresh, getmeas } = buildTown();
  const { refresh_token, access_token } = await connect();
  await fault('http-500');
  const broken = await refresh(refresh_token);
  expect([broken.status, broken.headers['content-type']]).toEqual([500, 'text/html; charset=utf-8']);
  await fault('html');
  const page = await getmeas(access_token);
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
});

test.each([
  ['status-601', refusal(601, 'Same arguments in less than 10 seconds', { wait_seconds: 10 })],
  ['status-522', refusal(522, 'Timeout')],
  ['status-2554', refusal(2554, 'Not implemented')],
  ['wrong-secret', refusal(503, 'Invalid Params: invalid client id/secret')],
  ['refuse-refresh', refusal(503, 'Invalid Params: invalid refresh_token')],
])('%s, once, without doing anything', async (name, text) => {
  const { fault, connect, refresh, state } = buildTown();
  const { refresh_token } = await connect();
  await fault(name);
  expect((await refresh(refresh_token)).text).toBe(text);
  const { users, faults, counters } = await state();
  expect(users[0].grants[0].pairs).toHaveLength(1);
  expect(faults).toEqual([]);
  expect(counters['requesttoken refresh_token']).toEqual({ [name]: 1 });
  expect((await refresh(refresh_token)).body.status).toBe(0);
});

test('refuse-code and refuse-refresh wait for their own grant, wrong-secret for a token call', async () => {
  const { fault, connect, authorize, redeem, refresh, getmeas } = buildTown();
  const { refresh_token, access_token } = await connect();
  await fault('refuse-code');
  await fault('wrong-secret');
  expect((await getmeas(access_token)).body.status).toBe(0);
  expect((await refresh(refresh_token)).body.error).toContain('client id/secret');
  expect((await refresh(refresh_token)).body.status).toBe(0);
  expect((await redeem(await authorize(MAREN))).text).toBe(refusal(503, 'Invalid Params: invalid code'));
});

test('deny, partial-scope and only-metrics: what the next person answers', async () => {
  const { fault, login, consent, redeem } = buildTown();
  await fault('deny');
  await fault('partial-scope');
  const browser = await login(MAREN);
  expect((await consent(browser)).headers.location).toContain(`${CALLBACK}?error=access_denied`);
  const granted = async () => {
    const code = new URL(String((await consent(browser)).headers.location)).searchParams.get('code');
    return (await redeem(String(code))).body.body.scope;
  };
  expect(await granted()).toBe('user.info');
  await fault('only-metrics');
  expect(await granted()).toBe('user.metrics');
  expect(await granted()).toBe('user.info,user.metrics,user.activity');
});

test('userid-string: as it was in earlier years', async () => {
  const { fault, connect, refresh } = buildTown();
  await fault('userid-string');
  const { userid, refresh_token } = await connect();
  expect(userid).toBe('10000001');
  expect((await refresh(refresh_token)).body.body.userid).toBe(10000001);
});

test('a fault strikes as often as it was told to, 0 until it is taken back', async () => {
  const { app, fault, connect, getmeas } = buildTown();
  const { access_token } = await connect();
  const statuses = async (n: number) => {
    const got: number[] = [];
    for (let call = 0; call < n; call += 1) got.push((await getmeas(access_token)).body.status);
    return got;
  };
  await fault('status-522', { times: 2 });
  expect(await statuses(3)).toEqual([522, 522, 0]);
  await fault('status-522', { times: 0 });
  expect(await statuses(4)).toEqual([522, 522, 522, 522]);
  await request(app).delete('/control/faults').expect(200, { faults: [] });
  expect(await statuses(1)).toEqual([0]);
});

test('"on" narrows a fault to one endpoint', async () => {
  const { app, fault, connect, getmeas, refresh } = buildTown();
  const { access_token, refresh_token } = await connect();
  await fault('status-522', { on: 'getmeas' });
  expect((await refresh(refresh_token)).body.status).toBe(0);
  expect((await getmeas(access_token)).body.status).toBe(522);
  await fault('status-522', { on: 'revoke' });
  await fault('http-500', { on: 'getnonce' });
  expect((await getmeas(access_token)).body.status).toBe(0);
  const call = (path: string, action: string) => request(app).post(path).type('form').send({ action });
  expect((await call('/v2/oauth2', 'revoke')).body.status).toBe(522);
  expect((await call('/v2/signature', 'getnonce')).status).toBe(500);
});
