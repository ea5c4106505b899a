import { expect, test } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { openSandbox } from '../../src/sandbox/sandbox.ts';
import { authorizeUrl, buildTown, client, MAREN } from './town.ts';

const ODD = ['a\0b', '\ud800', '__proto__', 'toString', "' OR 1=1 --", '9'.repeat(400)];

/** A lone surrogate cannot be written in a URL. */
const encodeText = (text: string) => encodeURIComponent(Buffer.from(text).toString());

test('no value of any field stops the sandbox', async () => {
  const { app, connect, tokenCall, getmeas } = buildTown();
  const { access_token } = await connect();
  for (const odd of ODD) {
    for (const field of [
      'code',
      'refresh_token',
      'client_id',
      'client_secret',
      'grant_type',
      'redirect_uri',
      'nonce',
      'userid',
    ]) {
      for (const grant_type of ['authorization_code', 'refresh_token']) {
        expect((await tokenCall({ grant_type, [field]: odd })).status).toBe(200);
      }
    }
    for (const field of ['meastype', 'meastypes', 'startdate', 'offset', odd]) {
      expect((await getmeas(access_token, { [field]: odd })).status).toBe(200);
    }
    const json = {
      action: 'requesttoken',
      client_id: client.id,
      client_secret: client.secret,
      grant_type: 'refresh_token',
    };
    expect(
      (
        await request(app)
          .post('/v2/oauth2')
          .send({ ...json, refresh_token: odd })
      ).body.status,
    ).toBe(503);
    expect((await request(app).get(authorizeUrl({ state: odd, scope: odd, redirect_uri: odd }))).status).toBe(
      400,
    );
    expect((await request(app).get(`/partner/disconnect_partner/${encodeText(odd)}`)).status).toBe(400);
    expect(
      (
        await request(app)
          .get('/')
          .set('Cookie', `sandbox_login=${encodeText(odd)}`)
      ).status,
    ).toBe(200);
  }
});

test('no text that is stored stops the sandbox; what SQLite would cut counts as not sent', async () => {
  const { connect, data } = buildTown({ fetch: async () => new Response() });
  const { access_token } = await connect();
  const callbackurl = 'http://localhost:3000/hook';
  for (const [index, comment] of ODD.entries()) {
    const fields = { callbackurl: `${callbackurl}/${index}`, appli: '1', comment };
    expect([comment, (await data(access_token, '/notify', 'subscribe', fields)).status]).toEqual([
      comment,
      0,
    ]);
    const changes = { ...fields, comment: `${comment}!` };
    expect((await data(access_token, '/notify', 'update', changes)).status).toBe(0);
  }
  const { profiles } = (await data(access_token, '/notify', 'list')).body;
  expect(profiles[0]).toMatchObject({ callbackurl: `${callbackurl}/0`, comment: '' });
  expect(profiles).toHaveLength(ODD.length);
});

test('no shape of a body stops the sandbox', async () => {
  const { app } = buildTown();
  for (const body of [
    'null',
    '[]',
    '"x"',
    '{"action":{"a":1}}',
    '{"action":["requesttoken","requesttoken"]}',
    '{"__proto__":{"action":"requesttoken"}}',
    '{"action":"requesttoken","client_id":{"toString":1},"code":[1],"userid":1e999}',
  ]) {
    for (const path of ['/v2/oauth2', '/v2/signature', '/measure', '/control/clock', '/control/faults']) {
      const answer = await request(app).post(path).set('Content-Type', 'application/json').send(body);
      expect([200, 400]).toContain(answer.status);
    }
  }
  await request(app)
    .post('/v2/oauth2')
    .type('json')
    .send('{"a":')
    .expect(400, { error: 'This could not be read.' });
  await request(app)
    .post('/v2/oauth2')
    .set('Content-Type', 'application/json; charset=x')
    .send('{}')
    .expect(415);
  await request(app).post('/control/users/%ff/weigh').expect(400);
  expect((await request(app).get('/control/state')).status).toBe(200);
});

test('bodies of more than 16 KB are refused', async () => {
  const { app } = buildTown();
  const code = 'x'.repeat(17 * 1024);
  await request(app)
    .post('/v2/oauth2')
    .type('form')
    .send({ code })
    .expect(413, { error: 'More than 16 KB.' });
  await request(app).post('/control/faults').send({ name: code }).expect(413);
});

test.each(['simple', 'extended', false])(
  "with the host's query parser %s nothing changes",
  async (parser) => {
    const sandbox = openSandbox({ now: () => 0, dataDir: ':memory:', clients: [client] });
    const app = express().set('query parser', parser).set('json spaces', 2);
    app.use(express.json(), express.urlencoded({ extended: true }), sandbox.router);
    expect((await request(app).get(authorizeUrl())).status).toBe(200);
    expect((await request(app).get(`${authorizeUrl({ state: '' })}&state[a]=b`)).status).toBe(400);
    const form = 'action=requesttoken&client_id[a]=b&client_secret[]=c&grant_type=refresh_token';
    const answer = await request(app).post('/v2/oauth2').type('form').send(form);
    expect(answer.text).toBe('{"status":503,"body":{},"error":"Invalid Params: invalid client id/secret"}');
  },
);

test('a broken cookie is no login', async () => {
  const { app } = buildTown();
  const url = authorizeUrl();
  const { text } = await request(app)
    .get(url)
    .set('Cookie', `; =; sandbox_login; sandbox_login=${MAREN}; a=b`);
  expect(text).toContain('there is no password');
});
