import { expect, test } from '@jest/globals';
import request from 'supertest';
import { sign } from '../../src/sandbox/secrets.ts';
import { buildTown, CALLBACK, client, MAREN, TOMAS } from './town.ts';

function buildSigned(options = {}) {
  const town = buildTown(options);
  const nonceCall = (fields: Record<string, string> = {}) => {
    const timestamp = String(Math.floor(town.clock.now / 1000));
    const signature = sign(client.secret, 'getnonce', client.id, timestamp);
    const all = { action: 'getnonce', client_id: client.id, timestamp, signature, ...fields };
    return request(town.app).post('/v2/signature').type('form').send(all);
  };
  const nonce = async (): Promise<string> => (await nonceCall()).body.body.nonce;
  const signed = (action: string, withNonce: string, fields: Record<string, string> = {}) => {
    const signature = sign(client.secret, action, client.id, withNonce);
    const all = { action, client_id: client.id, nonce: withNonce, signature, ...fields };
    return request(town.app).post('/v2/oauth2').type('form').send(all);
  };
  return { ...town, nonceCall, nonce, signed };
}

test('the two official vectors', () => {
  expect(sign('clientsecret', 'getnonce', 'client_id', '1637090717')).toBe(
    '613fa7b29b5c3a14ca7759886e9783750e057caba3e8e601495d5b470a30d1ac',
  );
  expect(sign('clientsecret', 'wsname', 'client_id', 'nonce')).toBe(
    'ccb346f0416f06fb4b36d95ca75082098eaf2a8bc885506c689312806afa5b2b',
  );
});

test('a nonce for who can sign, a refusal for who cannot', async () => {
  const { app, nonceCall } = buildSigned();
  expect((await nonceCall()).text).toMatch(/^\{"status":0,"body":\{"nonce":"[0-9a-f]{40}"\}\}$/);
  expect((await nonceCall({ signature: 'x' })).body.status).toBe(342);
  expect((await nonceCall({ timestamp: 'soon' })).body.status).toBe(503);
  expect((await nonceCall({ client_id: 'nobody' })).body.error).toBe(
    'Invalid Params: invalid client id/secret',
  );
  expect((await nonceCall({ action: 'other' })).body.status).toBe(2554);
  expect((await request(app).get('/v2/signature')).body.status).toBe(2554);
});

test('a signature stands in for the secret, at both grants', async () => {
  const { authorize, nonce, signed } = buildSigned();
  const code = await authorize(MAREN);
  const grant = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK };
  const first = await signed('requesttoken', await nonce(), grant);
  expect(first.body.status).toBe(0);
  const refresh = { grant_type: 'refresh_token', refresh_token: first.body.body.refresh_token };
  expect((await signed('requesttoken', await nonce(), refresh)).body.status).toBe(0);
});

test('a nonce serves once, for 30 minutes, and for its own client', async () => {
  const { nonce, signed, pass, app } = buildSigned();
  const used = await nonce();
  expect((await signed('revoke', used, { userid: String(MAREN) })).body).toEqual({ status: 0, body: {} });
  expect((await signed('revoke', used, { userid: String(MAREN) })).body.status).toBe(343);
  expect((await signed('revoke', 'x', { userid: String(MAREN) })).body.status).toBe(343);

  const foreign = await nonce();
  const signature = sign('other-secret', 'revoke', 'other', foreign);
  const fields = { action: 'revoke', client_id: 'other', nonce: foreign, signature, userid: String(MAREN) };
  expect((await request(app).post('/v2/oauth2').type('form').send(fields)).body.status).toBe(343);

  const [inTime, late] = [await nonce(), await nonce()];
  pass(30 * 60);
  expect((await signed('revoke', inTime, { userid: String(MAREN) })).body.status).toBe(0);
  pass(1);
  expect((await signed('revoke', late, { userid: String(MAREN) })).body.status).toBe(343);
});

test('a timestamp near the moved clock or near the real one is right, and no other', async () => {
  const { advance, clock, nonceCall } = buildSigned();
  const statusAt = async (milliseconds: number) => {
    const timestamp = String(Math.floor(milliseconds / 1000));
    const signature = sign(client.secret, 'getnonce', client.id, timestamp);
    return (await nonceCall({ timestamp, signature })).body.status;
  };
  const day = 86_400_000;
  await advance(day / 1000);
  expect(await statusAt(clock.now)).toBe(0);
  expect(await statusAt(clock.now + day)).toBe(0);
  for (const wrong of [clock.now - day / 2, clock.now + day / 2, clock.now + 2 * day])
    expect([wrong, await statusAt(wrong)]).toEqual([wrong, 342]);
});

test('a reset, which sets the clock back, leaves no nonce of later', async () => {
  const { app, advance, nonce, signed } = buildSigned({ clockGoesBack: true });
  await advance(3600);
  const unspent = await nonce();
  await request(app).post('/control/reset').expect(200);
  expect((await signed('revoke', unspent, { userid: String(MAREN) })).body.status).toBe(343);
});

test('a wrong signature is refused and leaves the nonce unspent', async () => {
  const { nonce, signed } = buildSigned();
  const unspent = await nonce();
  const fields = { userid: String(MAREN), signature: 'a'.repeat(64) };
  expect((await signed('revoke', unspent, fields)).body.status).toBe(342);
  expect((await signed('revoke', unspent, { userid: String(MAREN) })).body.status).toBe(0);
});

test('revoke needs a signature, and ends all tokens of that person', async () => {
  const { connect, getmeas, refresh, tokenCall, nonce, signed, authorize, redeem } = buildSigned();
  const [one, two, tomas] = [await connect(), await connect(), await connect(TOMAS)];
  const code = await authorize(MAREN);
  expect((await tokenCall({ action: 'revoke', userid: String(MAREN) })).body.status).toBe(342);
  expect((await getmeas(one.access_token)).body.status).toBe(0);

  expect((await signed('revoke', await nonce(), { userid: String(MAREN) })).text).toBe(
    '{"status":0,"body":{}}',
  );
  for (const { access_token, refresh_token } of [one, two]) {
    expect((await getmeas(access_token)).body.status).toBe(401);
    expect((await refresh(refresh_token)).body.status).toBe(503);
  }
  expect((await redeem(code)).body.status).toBe(503);
  expect((await getmeas(tomas.access_token)).body.status).toBe(0);
  expect((await signed('revoke', await nonce(), { userid: '1' })).body.status).toBe(503);
});
