import { expect, test } from '@jest/globals';
import request from 'supertest';
import { sign } from '../../src/sandbox/secrets.ts';
import { buildTown, CALLBACK, client, MAREN } from './town.ts';

type Params = Record<string, string>;

const other = { id: 'other', secret: 'other-secret' };
const personal = {
  mailingpref: 'true',
  birthdate: '315532800',
  measures: '[{"value":180,"unit":-2,"type":4},{"value":8000,"unit":-2,"type":1}]',
  gender: '1',
  preflang: 'en_EN',
  unit_pref: '{"weight":1,"height":7,"distance":8,"temperature":13}',
  email: 'new@example.com',
  timezone: 'Europe/Berlin',
  shortname: 'NEW',
  external_id: 'ward-7',
};
const activation = { ...personal, mac_addresses: '["00:24:e4:00:00:01"]' };
const address = { name: 'New', address1: 'Road 1', city: 'Bern', zip: '3000', country: 'CH' };
const orders = (where: object) =>
  JSON.stringify([{ customer_ref_id: 'ref-1', address: where, products: [{ ean: '3700546', quantity: 1 }] }]);

function buildPartner() {
  const town = buildTown();
  async function nonce(by = client as { id: string; secret: string }): Promise<string> {
    const timestamp = String(Math.floor(town.clock.now / 1000));
    const signature = sign(by.secret, 'getnonce', by.id, timestamp);
    const fields = { action: 'getnonce', client_id: by.id, timestamp, signature };
    return (await request(town.app).post('/v2/signature').send(fields)).body.body.nonce;
  }
  async function call(path: string, action: string, fields: Params = {}, by = client as typeof other) {
    const once = fields.nonce ?? (await nonce(by));
    const signature = sign(by.secret, action, by.id, once);
    const all = { action, client_id: by.id, nonce: once, signature, ...fields };
    return request(town.app).post(path).type('form').send(all);
  }
  const oauth2 = (action: string, fields: Params = {}, by?: typeof other) =>
    call('/v2/oauth2', action, fields, by);
  const activate = (fields: Params = {}) => call('/v2/user', 'activate', { ...activation, ...fields });
  const order = (fields: Params) => call('/v2/dropshipment', 'createuserorder', { ...personal, ...fields });
  return { ...town, nonce, call, oauth2, activate, order };
}

test('getdemoaccess: tokens of the demo user, unlinked after a day', async () => {
  const { oauth2, getmeas, refresh, pass } = buildPartner();
  const { body } = await oauth2('getdemoaccess', { scope_oauth2: 'user.info,user.metrics' });
  expect(Object.keys(body.body)).toEqual(['access_token', 'refresh_token', 'expires_in']);
  expect(body.body.expires_in).toBe(10800);
  expect((await getmeas(body.body.access_token)).body.status).toBe(0);
  pass(23 * 3600);
  const renewed = (await refresh(body.body.refresh_token)).body.body;
  pass(3601);
  expect((await getmeas(renewed.access_token)).body.status).toBe(401);
  expect((await refresh(renewed.refresh_token)).body.status).toBe(503);
});

test('getdemoaccess: scopes, signature and nonce are checked', async () => {
  const { oauth2, nonce } = buildPartner();
  expect((await oauth2('getdemoaccess')).body.status).toBe(503);
  const unknown = await oauth2('getdemoaccess', { scope_oauth2: 'user.info,user.soul' });
  expect(unknown.body.error).toBe('Invalid Params: invalid scope');
  const fields = { scope_oauth2: 'user.info', nonce: await nonce() };
  expect((await oauth2('getdemoaccess', { ...fields, signature: 'x' })).body.status).toBe(342);
  expect((await oauth2('getdemoaccess', fields)).body.status).toBe(0);
  expect((await oauth2('getdemoaccess', fields)).body.status).toBe(343);
});

test('activate: a user, devices, and a code that buys tokens once', async () => {
  const { activate, redeem, getmeas } = buildPartner();
  const { user, devices } = (await activate()).body.body;
  expect(user).toEqual({ code: expect.stringMatching(/^[0-9a-f]{40}$/), external_id: 'ward-7' });
  expect(devices).toMatchObject([{ mac_address: '00:24:e4:00:00:01', timezone: 'Europe/Berlin' }]);
  const tokens = (await redeem(user.code, { redirect_uri: 'https://app.example/later' })).body.body;
  expect(tokens.userid).toBeGreaterThan(20_000_000);
  expect((await getmeas(tokens.access_token)).body.body.measuregrps.length).toBeGreaterThan(0);
  expect((await redeem(user.code)).body.status).toBe(503);
});

test('the code lives ten minutes, for its client, and for a registered redirect_uri', async () => {
  const { activate, redeem, pass } = buildPartner();
  const code = async (fields: Params = {}) => (await activate(fields)).body.body.user.code;
  const [inTime, late] = [await code(), await code()];
  pass(599);
  expect((await redeem(inTime, { client_id: other.id, client_secret: other.secret })).body.status).toBe(503);
  expect((await redeem(inTime)).body.status).toBe(0);
  pass(2);
  expect((await redeem(late)).body.status).toBe(503);
  expect((await redeem(await code(), { redirect_uri: 'https://evil.example/' })).body.status).toBe(293);
  const bound = { redirect_uri: CALLBACK };
  expect((await redeem(await code(bound), { redirect_uri: 'https://app.example/' })).body.status).toBe(293);
  expect((await redeem(await code(bound))).body.status).toBe(0);
});

test.each(Object.keys(activation))('activate without %s, or with nonsense, makes nobody', async (name) => {
  const { activate, oauth2 } = buildPartner();
  const { body } = await activate({ [name]: '' });
  expect(body.error).toBe(`Invalid Params: [activate] Missing value for: ${name}`);
  const free = ['mailingpref', 'preflang', 'external_id'];
  for (const nonsense of free.includes(name) ? [] : ['{', '[null]', '1e999', '9'.repeat(400)]) {
    expect((await activate({ [name]: nonsense })).body.status).toBe(503);
  }
  expect((await oauth2('listusers')).body.body.users).toEqual([]);
});

test('createuserorder: orders are verified; a bad address makes nobody', async () => {
  const { order, call, oauth2, redeem } = buildPartner();
  const bad = await order({ order: orders({ ...address, city: '' }) });
  expect(bad.text).toBe('{"status":503,"body":{"invalid_address_customer_ref_ids":["ref-1"]}}');
  for (const nonsense of ['', '{', '[]', '[null]', '[{"customer_ref_id":"a","products":[{}]}]']) {
    expect((await order({ order: nonsense })).body.status).toBe(503);
  }
  expect((await oauth2('listusers')).body.body.users).toEqual([]);
  const { user, orders: made } = (await order({ order: orders(address) })).body.body;
  expect(made).toMatchObject([{ customer_ref_id: 'ref-1', status: 'VERIFIED' }]);
  expect((await redeem(user.code)).body.status).toBe(0);
  expect((await call('/v2/dropshipment', 'getorderstatus')).body.status).toBe(2554);
});

test('listusers and recoverauthorizationcode: only whom this client created', async () => {
  const { activate, oauth2, redeem } = buildPartner();
  await activate();
  const { users, more, offset } = (await oauth2('listusers')).body.body;
  expect([users.length, more, offset]).toEqual([1, false, 0]);
  expect(users[0]).toMatchObject({ email: 'new@example.com', fully_owned: true });
  expect((await oauth2('listusers', {}, other)).body.body.users).toEqual([]);
  const userid = String(users[0].userid);
  const { code } = (await oauth2('recoverauthorizationcode', { userid })).body.body.user;
  expect((await redeem(code)).body.body.userid).toBe(users[0].userid);
  const strangers = [{ userid: String(MAREN) }, { userid: '9'.repeat(300) }, { userid: '' }];
  for (const fields of strangers) {
    expect((await oauth2('recoverauthorizationcode', fields)).body.status).toBe(503);
  }
  expect((await oauth2('recoverauthorizationcode', { userid }, other)).body.status).toBe(503);
});

test('who asks for a new code with the field of older snippets is told the new one', async () => {
  const { oauth2 } = buildPartner();
  const told = async (fields: Record<string, string>) =>
    (await oauth2('recoverauthorizationcode', fields)).body.error;
  const missing = 'Invalid Params: [recoverauthorizationcode] Missing value for: userid';
  expect(await told({})).toBe(missing);
  expect(await told({ email: 'new@example.com' })).toBe(
    `${missing} (sandbox: older snippets send email; by now it is userid)`,
  );
});

test('who gets the number of somebody forgotten does not get their days', async () => {
  const { app, activate, redeem, getmeas } = buildPartner();
  const weigh = async (grams: number) => {
    const measures = `[{"value":180,"unit":-2,"type":4},{"value":${grams},"unit":-3,"type":1}]`;
    const { code } = (await activate({ measures })).body.body.user;
    const { userid, access_token } = (await redeem(code)).body.body;
    const { measuregrps } = (await getmeas(access_token, { meastype: '1' })).body.body;
    return { userid, grams: measuregrps[0].measures[0].value };
  };
  const first = await weigh(60_000);
  await request(app).post('/control/reset');
  const second = await weigh(120_000);
  expect(second.userid).toBe(first.userid);
  expect(second.grams).toBeGreaterThan(first.grams * 1.8);
});
