import type { Client, Clients } from '../clients.ts';
import type { Fields } from '../input.ts';
import { sameText, sign } from '../secrets.ts';
import { type Answer, invalidClient, invalidNonce, invalidSignature } from '../wire/answers.ts';
import type { Nonces } from './nonces.ts';

export type Checked = { client: Client } | { refusal: Answer };

/** By secret or, where none is sent, by signature. */
export function checkClient(fields: Fields, clients: Clients, nonces: Nonces): Checked {
  const secret = fields.get('client_secret');
  if (secret === undefined && fields.has('signature')) return checkSigned(fields, clients, nonces);
  const client = clients.get(fields.get('client_id'));
  return client && secret !== undefined && sameText(secret, client.secret)
    ? { client }
    : { refusal: invalidClient };
}

/** Only action, client_id and nonce are signed (documented). A wrong signature leaves the nonce unspent. */
export function checkSigned(fields: Fields, clients: Clients, nonces: Nonces): Checked {
  const client = clients.get(fields.get('client_id'));
  if (!client) return { refusal: invalidClient };
  const nonce = fields.get('nonce') ?? '';
  const expected = sign(client.secret, fields.get('action') ?? '', client.id, nonce);
  if (!sameText(fields.get('signature') ?? '', expected)) return { refusal: invalidSignature };
  return nonces.take(nonce, client.id) ? { client } : { refusal: invalidNonce };
}
