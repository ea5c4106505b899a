import { expect, test } from '@jest/globals';
import request from 'supertest';
import { buildTown, CALLBACK, client, MAREN, refusal, TOMAS } from './town.ts';

const INVALID_CODE = refusal(503, 'Invalid Params: invalid code');
const INVALID_REFRESH = refusal(503, 'Invalid Params: invalid refresh_token');
const INVALID_CLIENT = refusal(503, 'Invalid Params: invalid client id/secret');
const NOT_IMPLEMENTED = refusal(2554, 'Not implemented');

test('a code buys a pair of tokens, in the shape of the reference', async () => {
  const { authorize, redeem } = buildTown();
  const answer = await redeem(await authorize(MAREN));
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.text).toMatch(
    /^\{"status":0,"body":\{"userid":10000001,"access_token":"[0-9a-f]{40}","refresh_token":"[0-9a-f]{40}","scope":"user\.info,user\.metrics,user\.activity","expires_in":10800,"csrf_token":"[0-9a-z]{32}","token_type":"Bearer"\}\}$/,
  );
});

test('JSON is accepted as well', async () => {
  const { app, authorize } = buildTown();
  const fields = {
    action: 'requesttoken',
    client_id: client.id,
    client_secret: client.secret,
    grant_type: 'authorization_code',
    code: await authorize(MAREN),
    redirect_uri: CALLBACK,
  };
  expect((await request(app).post('/v2/oauth2').send(fields)).body.status).toBe(0);
});

test('a code lives 30 seconds', async () => {
  const { authorize, redeem, pass } = buildTown();
  const [inTime, late] = [await authorize(MAREN), await authorize(MAREN)];
  pass(30);
  expect((await redeem(inTime)).body.status).toBe(0);
  pass(0.001);
  const answer = await redeem(late);
  expect(answer.status).toBe(200);
  expect(answer.text).toBe(INVALID_CODE);
  expect(Buffer.byteLength(answer.text)).toBe(63);
});

test('a code is spent by its first use', async () => {
  const { authorize, redeem } = buildTown();
  const code = await authorize(MAREN);
  await redeem(code);
  expect((await redeem(code)).text).toBe(INVALID_CODE);
  expect((await redeem('0'.repeat(40))).text).toBe(INVALID_CODE);
  expect((await redeem('')).text).toBe(INVALID_CODE);
});

test('a code belongs to one client, and another cannot spend it', async () => {
  const { authorize, redeem } = buildTown();
  const code = await authorize(MAREN);
  const stolen = await redeem(code, { client_id: 'other', client_secret: 'other-secret' });
  expect(stolen.text).toBe(INVALID_CODE);
  expect((await redeem(code)).body.status).toBe(0);
});

test('the redirect_uri must be the one of the authorize request', async () => {
  const { authorize, redeem } = buildTown();
  for (const redirect_uri of [`${CALLBACK}/`, '']) {
    const { body } = await redeem(await authorize(MAREN), { redirect_uri });
    expect(body).toEqual({
      status: 293,
      body: {},
      error: expect.stringMatching(/^Wrong redirect_uri - Please use same/),
    });
  }
});

test('who does not know the client secret is told so, as a wrong parameter', async () => {
  const { authorize, redeem } = buildTown();
  const code = await authorize(MAREN);
  for (const fields of [
    { client_secret: 'wrong' },
    { client_secret: '' },
    { client_id: 'nobody' },
    { client_id: '__proto__' },
  ]) {
    expect((await redeem(code, fields)).text).toBe(INVALID_CLIENT);
  }
});

test('grant types, actions and parameters that do not exist', async () => {
  const { app, tokenCall, refresh } = buildTown();
  expect((await tokenCall({ grant_type: 'password' })).text).toBe(
    refusal(503, 'Invalid Params: invalid grant_type'),
  );
  expect((await tokenCall({ action: 'refresh_token' })).text).toBe(NOT_IMPLEMENTED);
  expect((await tokenCall({ action: '__proto__' })).text).toBe(NOT_IMPLEMENTED);
  expect((await request(app).post('/v2/oauth2?action=requesttoken')).text).toBe(NOT_IMPLEMENTED);
  expect((await request(app).get('/v2/oauth2')).text).toBe(NOT_IMPLEMENTED);
  expect((await refresh('0'.repeat(40))).text).toBe(INVALID_REFRESH);
  expect(Buffer.byteLength((await refresh('')).text)).toBe(64);
  for (const path of ['/measure', '/v2/oauth2', '/v2/signature', '/v2/stetho', '/v2/nudge']) {
    expect((await request(app).post(path).type('form').send({ action: 'list' })).text).toBe(NOT_IMPLEMENTED);
  }
});

test('the same call within ten seconds is refused, and says how long to wait', async () => {
  const { authorize, redeem, refresh, pass } = buildTown({ limits: true });
  const code = await authorize(MAREN);
  const { refresh_token } = (await redeem(code)).body.body;
  expect((await redeem(code)).text).toBe(
    refusal(601, 'Same arguments in less than 10 seconds', { wait_seconds: 10 }),
  );

  expect((await refresh(refresh_token)).body.status).toBe(0);
  pass(7.2);
  expect((await refresh(refresh_token)).body.body).toEqual({ wait_seconds: 3 });
  pass(2.7);
  expect((await refresh(refresh_token)).body.body).toEqual({ wait_seconds: 1 });
  pass(0.1);
  expect((await refresh(refresh_token)).body.status).toBe(0);
});

test('the guard knows the account, not the token', async () => {
  const { app, connect, getmeas, pass } = buildTown({ limits: true });
  const one = await connect();
  const two = await connect();
  const tomas = await connect(TOMAS);
  expect((await getmeas(one.access_token)).body.status).toBe(0);
  expect((await getmeas(two.access_token)).body.status).toBe(601);
  expect((await getmeas(two.access_token, { meastype: '1' })).body.status).toBe(0);
  expect((await getmeas(tomas.access_token)).body.status).toBe(0);
  const inQuery = (token: string) =>
    request(app).get(`/measure?action=getmeas&offset=0&access_token=${token}`);
  expect((await inQuery(one.access_token)).body.status).toBe(0);
  expect((await inQuery(two.access_token)).body.status).toBe(601);
  pass(10);
  expect((await getmeas(two.access_token)).body.status).toBe(0);
});

test('120 calls a minute for one client', async () => {
  const { refresh, pass } = buildTown({ limits: true });
  const token = (n: number) => n.toString(16).padStart(40, '0');
  for (let n = 0; n < 120; n += 1) expect((await refresh(token(n))).body.status).toBe(503);
  expect((await refresh(token(120))).body).toEqual({ status: 601, body: {}, error: expect.any(String) });
  expect((await refresh(token(121), { client_id: 'other', client_secret: 'other-secret' })).body.status).toBe(
    503,
  );
  pass(60);
  expect((await refresh(token(122))).body.status).toBe(503);
});
