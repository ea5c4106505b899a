import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import request from 'supertest';
import { client } from '../sandbox/town.ts';
import type { DocumentedClient } from './documented-client.ts';
import type { Sent } from './request-check.ts';

/** From subscribing to revoking, at a callback URL that answers. */
export async function walkNotifications(
  documented: DocumentedClient,
  token: string,
  app: Express,
): Promise<void> {
  const listener = createServer((_req, res) => res.end()).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const callbackurl = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/news`;
  await request(app).post('/control/callbacks').send({ clientId: client.id, url: callbackurl });
  const ask = (operationId: string, sent: Sent = {}) => documented.call(operationId, sent, token);

  await ask('notify-subscribe', { callbackurl, appli: '1' });
  await ask('notify-subscribe', { callbackurl, appli: '44', comment: 'nights' });
  await ask('notify-get', { callbackurl });
  await ask('notify-get', { callbackurl, appli: '44' });
  await ask('notify-list');
  await ask('notify-list', { appli: '44' });
  await ask('notify-update', { callbackurl, appli: '44', comment: 'nights and naps' });
  await ask('notify-update', { callbackurl, appli: '44', new_appli: '16' });
  await ask('notify-update', { callbackurl, appli: '16', new_callbackurl: `${callbackurl}/moves` });
  await ask('notify-revoke', { callbackurl, appli: '1' });
  await ask('notify-revoke', { callbackurl: `${callbackurl}/moves` });
  listener.closeAllConnections();
  listener.close();
}
