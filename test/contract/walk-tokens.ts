import { CALLBACK, client, MAREN } from '../sandbox/town.ts';
import type { DocumentedClient } from './documented-client.ts';

const secret = { client_id: client.id, client_secret: client.secret };
const forCode = { grant_type: 'authorization_code', redirect_uri: CALLBACK };
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
  firstname: 'New',
  lastname: 'Person',
  phonenumber: '+4930123456',
  recovery_code: '123456',
  goals: '{"steps":10000,"sleep":28800,"weight":{"value":70500,"unit":-3}}',
};
const address = { name: 'New', email: 'new@example.com', address1: 'Road 1', city: 'Bern', zip: '3000' };
const order = {
  customer_ref_id: 'ref-1',
  address: { ...address, country: 'CH' },
  products: [{ ean: '3700546702518', quantity: 3 }],
};
/** An order to nowhere. */
export const undeliverable = {
  ...personal,
  order: JSON.stringify([{ ...order, address: { ...order.address, city: '' } }]),
};

/** An access token for a code. */
export async function grantFor(documented: DocumentedClient, code: string): Promise<string> {
  const tokens = await documented.call('oauth2-getaccesstoken', { ...secret, ...forCode, code });
  return String(tokens.access_token);
}

/** Both grants, with the secret and signed; the demo user; and the end. */
export async function walkTokens(documented: DocumentedClient, code: string, other: string): Promise<void> {
  const first = await documented.call('oauth2-getaccesstoken', { ...secret, ...forCode, code });
  const refresh = { grant_type: 'refresh_token', refresh_token: String(first.refresh_token) };
  const second = await documented.call('oauth2-getaccesstoken', { ...secret, ...refresh });
  const again = { ...refresh, refresh_token: String(second.refresh_token) };
  await documented.signed('oauth2-getaccesstoken', again);
  await documented.signed('oauth2-getaccesstoken', { ...forCode, code: other });
  await documented.signed('oauth2-getdemoaccess', { scope_oauth2: 'user.info,user.metrics' });
  await documented.signed('oauth2-revoke', { userid: String(MAREN) });
}

/** What a partner with a contract may do. */
export async function walkPartner(documented: DocumentedClient): Promise<void> {
  const devices = { mac_addresses: '["00:24:e4:00:00:01"]', redirect_uri: CALLBACK };
  await documented.signed('userv2-activate', { ...personal, ...devices });
  await documented.signed('dropshipmentv2-createuserorder', { ...personal, order: JSON.stringify([order]) });
  const byPartner = { ...order, products: [{ partner_ref: 'KIT-1', quantity: 1 }] };
  await documented.signed('dropshipmentv2-createuserorder', {
    ...personal,
    order: JSON.stringify([order, byPartner]),
    testmode: '1',
  });
  const { users } = await documented.signed('oauth2-listusers');
  await documented.signed('oauth2-listusers', { offset: '0' });
  const userid = Array.isArray(users) ? String(users[0]?.userid) : '';
  await documented.signed('oauth2-recoverauthorizationcode', { userid });
}
