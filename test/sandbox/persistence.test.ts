import { expect, test } from '@jest/globals';
import request from 'supertest';
import { openSandboxDatabase } from '../../src/sandbox/database.ts';
import { sign } from '../../src/sandbox/secrets.ts';
import { tempDir } from '../support/machine.ts';
import { authorizeUrl, buildTown, client, MAREN } from './town.ts';

test('what has expired does not pile up in the file', async () => {
  const dataDir = tempDir();
  const { app, authorize, clock, pass, sandbox } = buildTown({ dataDir });
  for (let twice = 0; twice < 2; twice += 1) {
    await authorize(MAREN);
    const timestamp = String(clock.now / 1000);
    const signature = sign(client.secret, 'getnonce', client.id, timestamp);
    const fields = { action: 'getnonce', client_id: client.id, timestamp, signature };
    expect((await request(app).post('/v2/signature').send(fields)).body.status).toBe(0);
    pass(91 * 86_400);
  }
  sandbox.close();
  const db = openSandboxDatabase(dataDir);
  for (const table of ['logins', 'codes', 'nonces'])
    expect([table, db.all(`SELECT * FROM ${table}`)]).toEqual([table, [expect.anything()]]);
  db.close();
});

test('a restart loses nothing', async () => {
  const dataDir = tempDir();
  const before = buildTown({ dataDir });
  const cookie = (
    await request(before.app).post('/oauth2_user/account_login').type('form').send({ user: MAREN })
  ).headers['set-cookie']?.[0];
  const tokens = await before.connect();
  const code = await before.authorize(MAREN);
  const timestamp = String(before.clock.now / 1000);
  const signature = sign(client.secret, 'getnonce', client.id, timestamp);
  const nonceCall = { action: 'getnonce', client_id: client.id, timestamp, signature };
  const { nonce } = (await request(before.app).post('/v2/signature').send(nonceCall)).body.body;
  await request(before.app).post('/control/clock').send({ advanceSeconds: 20 });
  await request(before.app).post(`/control/users/${MAREN}/weigh`);
  await before.fault('deny', { times: 0 });
  const measures = (await before.getmeas(tokens.access_token)).text;
  const state = await before.state();
  before.sandbox.close();
  before.sandbox.close();

  const after = buildTown({ dataDir });
  expect(await after.state()).toEqual(state);
  expect((await after.getmeas(tokens.access_token)).text).toBe(measures);
  expect((await after.redeem(code)).body.status).toBe(0);
  expect((await after.refresh(tokens.refresh_token)).body.status).toBe(0);
  const page = await request(after.app)
    .get(authorizeUrl())
    .set('Cookie', String(cookie?.split(';')[0]));
  expect(page.text).toContain('name="consent"');
  const signed = {
    action: 'revoke',
    client_id: client.id,
    nonce,
    signature: sign(client.secret, 'revoke', client.id, nonce),
    userid: MAREN,
  };
  expect((await request(after.app).post('/v2/oauth2').send(signed)).body.status).toBe(0);
  after.sandbox.close();
});
