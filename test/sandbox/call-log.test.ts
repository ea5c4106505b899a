import { expect, test } from '@jest/globals';
import request from 'supertest';
import { Changes } from '../../src/sandbox/changes.ts';
import { CallLog } from '../../src/sandbox/wire/call-log.ts';
import { buildTown, CALLBACK, client } from './town.ts';

const newLog = () => new CallLog(() => 0, new Changes(), { all: () => [client] });

test('the last five hundred calls are kept, newest first', () => {
  const log = newLog();
  for (let n = 1; n <= 510; n += 1) log.add('getmeas', String(n), new Map(), '{}');
  expect(log.all().map(({ outcome }) => Number(outcome))).toEqual(
    Array.from({ length: 500 }, (_, index) => 510 - index),
  );
});

test('of a call with very much in it the beginning is kept', () => {
  const log = newLog();
  const many = new Map(Array.from({ length: 5000 }, (_, n) => [`n${n}`, 'x'] as const));
  for (const fields of [
    many,
    new Map([
      ['scope', 'x'.repeat(15_000)],
      ['mode', 'y'.repeat(15_000)],
    ]),
  ]) {
    log.add('getmeas', 'ok', fields, '{}');
    const kept = JSON.stringify(log.all()[0]?.fields);
    expect([
      kept.startsWith('{"n0":"…","n1"') || kept.startsWith('{"scope":"xxx'),
      kept.length < 6000,
    ]).toEqual([true, true]);
  }
});

test('no secret is shown, wherever a long answer is cut', () => {
  const token = '0123456789abcdef0123456789abcdef01234567';
  const log = newLog();
  for (let before = 1900; before < 2000; before += 1) {
    const answer = { a: 'x'.repeat(before), access_token: token, b: 'y'.repeat(100) };
    log.add('requesttoken', 'ok', new Map(), JSON.stringify(answer));
    const shown = log.all()[0]?.answer ?? token;
    expect([before, shown.length < 2050, shown.includes(token.slice(0, 5))]).toEqual([before, true, false]);
  }
});

test.each([
  ...[
    'clientSecret',
    'Client_Secret',
    'CLIENT-SECRET',
    'Code',
    'code',
    'password',
    'apikey',
    'authorization',
  ],
  ...['code_verifier', 'assertion', 'state', 'email', 'comment', 'whatever', 'constructor', '__proto__'],
])('what is sent as %s is not shown', (name) => {
  const log = newLog();
  for (const value of ['hunter2', 'abcd', 'a-real-secret-of-production']) {
    log.add('requesttoken', '503', new Map([[name, value]]), '{}');
    expect(JSON.stringify(log.all()[0])).not.toContain(value.slice(0, 5));
  }
});

test('a short secret of the application is hidden in the answers as well', () => {
  const log = new CallLog(() => 0, new Changes(), { all: () => [{ ...client, secret: 'abcd' }] });
  log.add('requesttoken', 'ok', new Map([['scope', 'abcd']]), '{"said":"abcd"}');
  expect(JSON.stringify(log.all()[0])).not.toContain('abcd');
});

test('what is secret is known by its value, under whatever name it is sent, and back', async () => {
  const { app, connect, data, authorize, tokenCall } = buildTown({ fetch: async () => new Response() });
  const { access_token, refresh_token } = await connect();
  const code = await authorize(10000001);
  const path = '/news/3f9a-secret-address';
  const callbackurl = `http://localhost:5000${path}?key=1234-5678`;
  const own = { callbackurl, appli: '1', comment: `mine: ${callbackurl}` };
  await request(app).post('/control/callbacks').send({ url: 'http://localhost:5000/back' }).expect(200);
  expect((await data(access_token, '/notify', 'subscribe', own)).status).toBe(0);
  expect((await data(access_token, '/notify', 'list')).body.profiles).toHaveLength(1);
  const refused = { callbackurl: `http://elsewhere.example${path}`, appli: '1' };
  expect((await data(access_token, '/notify', 'subscribe', refused)).status).toBe(293);
  await data(access_token, '/notify', 'list', { note: `${code} ${refresh_token} ${client.secret}` });
  await tokenCall({ grant_type: 'refresh_token', refresh_token: 'x', [access_token]: 'y' });
  await tokenCall({ client_secret: 'one-of-a-real-application', redirect_uri: CALLBACK });
  const { text } = await request(app).get('/');
  for (const secret of [
    ...[access_token, refresh_token, code, client.secret],
    ...['secret-address', '1234-5678', 'one-of-a-real-application'],
  ])
    expect([secret, text.includes(secret)]).toEqual([secret, false]);
  for (const shown of ['callbackurl=http://localhost:5000/…', 'http://elsewhere.example/…', CALLBACK])
    expect(text).toContain(shown);
});
