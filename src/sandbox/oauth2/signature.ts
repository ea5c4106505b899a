import { Router } from 'express';
import { MINUTE, SECOND } from '../clock.ts';
import { bodyFields, type Fields } from '../input.ts';
import { sameText, sign } from '../secrets.ts';
import { type Answer, invalidClient, invalidParams, invalidSignature, success } from '../wire/answers.ts';
import type { World } from '../world.ts';

/**
 * @differs getnonce (I): a timestamp may be off by thirty minutes
 * @differs getnonce (ours): of the moved clock or of the real one
 */
const CLOCK_SLACK = 30 * MINUTE;

/** `POST /v2/signature`, action `getnonce` (documented). */
export function signatureRoutes({ api, clients, clock, guard, nonces }: World): Router {
  const router = Router();

  router.all('/v2/signature', (req, res) => {
    const fields = bodyFields(req);
    if (fields.get('action') !== 'getnonce') return api.unknown(res, fields);
    return api.answer(res, { endpoint: 'getnonce' }, fields, () => getNonce(fields));
  });

  function getNonce(fields: Fields): Answer {
    const client = clients.get(fields.get('client_id'));
    if (!client) return invalidClient;
    const busy = guard.overQuota(client.id);
    if (busy) return busy;
    const timestamp = fields.get('timestamp') ?? '';
    if (!/^\d{1,12}$/.test(timestamp)) return invalidParams('invalid timestamp');
    const expected = sign(client.secret, 'getnonce', client.id, timestamp);
    if (!sameText(fields.get('signature') ?? '', expected)) return invalidSignature;
    // Who signs has a clock of its own, which no push of ours has moved.
    if (!clock.isNear(Number(timestamp) * SECOND, CLOCK_SLACK)) return invalidSignature;
    return success({ nonce: nonces.issue(client.id) });
  }

  return router;
}
