import express, { type Request, type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { auditLog, type Log } from '../operations/logging.ts';
import { Problem } from '../problems/catalogue.ts';
import { connectionOf } from '../problems/connection.ts';
import type { Disconnect } from '../tokens/disconnect.ts';
import type { Grants } from '../tokens/grants.ts';
import { requireKey } from '../web/key.ts';
import { onlyBodiesOf, onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import type { Refusal } from '../withings/errors.ts';
import type { PartnerConnection, PartnerConnections } from './connections.ts';

export interface PartnerParts {
  connections: PartnerConnections;
  grants: Pick<Grants, 'lasting'>;
  disconnect: Disconnect;
  /** Where a person lives, an IANA name; null: not known. */
  timezoneOf: (grantId: string) => Promise<string | null>;
  now: () => number;
  log: Log;
  onConnected: () => void;
}

/** As many as Withings takes from us. */
const REQUESTS_A_MINUTE = 120;

/** The server-to-server API: for authorization codes that Withings gives to a server, not to a browser. */
export function partnerRoutes(key: string, parts: PartnerParts): Router {
  const { connections, grants, disconnect, timezoneOf, now, log } = parts;
  const audit = auditLog(log);
  const router = Router();
  router.use('/partner', requireKey(key, REQUESTS_A_MINUTE, 'Bearer'), noStore, json);

  router.post('/partner/connections', async (req, res) => {
    const asked = body.safeParse(req.body);
    if (!asked.success) throw new Problem('bad-request');
    const made = await connections.connect(asked.data.code, asked.data.externalId ?? null);
    if (!made.ok) throw refusedCode(made.refusal);
    log.info({ requestId: req.id, grant: made.value.grantId }, 'connected by a partner');
    parts.onConnected();
    res.status(201).json({
      ...whose(made.value),
      handoffUrl: await connections.handOff(made.value),
    });
  });

  router.get('/partner/connections/:id', async (req, res) => {
    const connection = await found(req);
    res.json({
      connectionId: connection.connectionId,
      externalId: connection.externalId(),
      ...connectionOf(connection.grant(), await timezoneOf(connection.grantId), now()),
    });
  });

  router.delete('/partner/connections/:id', async (req, res) => {
    const { grantId } = await found(req);
    const { refusal, removalPage } = await disconnect(grantId);
    const outcome = refusal?.code ?? 'revoked';
    log.info({ requestId: req.id, grant: grantId, outcome }, 'disconnected by a partner');
    res.json({ revoked: refusal === null, removalPage: refusal && removalPage });
  });

  router.post('/partner/connections/:id/handoff', async (req, res) => {
    const connection = await found(req);
    res.status(201).json({ ...whose(connection), handoffUrl: await connections.handOff(connection) });
  });

  router.post('/partner/connections/:id/access-token', async (req, res) => {
    const connection = await found(req);
    const grant = connection.grant();
    if (!grant) throw new Problem('connection-unknown');
    const fresh = await grants.lasting(grant);
    audit.info(
      {
        requestId: req.id,
        grant: connection.grantId,
        outcome: fresh.ok ? 'given' : fresh.refusal.code,
      },
      'access token for a partner',
    );
    if (!fresh.ok) throw noToken(fresh.refusal);
    const { accessToken, accessExpiresAt, scope } = fresh.value;
    res.json({ accessToken, expiresAt: new Date(accessExpiresAt).toISOString(), scope });
  });

  router.all('/partner/connections', onlyMethods('POST'));
  router.all('/partner/connections/:id', onlyMethods('GET, HEAD, DELETE'));
  router.all(
    ['/partner/connections/:id/handoff', '/partner/connections/:id/access-token'],
    onlyMethods('POST'),
  );

  async function found(req: Request<{ id: string }>): Promise<PartnerConnection> {
    const connection = await connections.find(req.params.id);
    if (!connection) throw new Problem('connection-unknown');
    return connection;
  }

  return router;
}

const JSON_TYPE = 'application/json';
const json: RequestHandler[] = [express.json({ limit: '16kb', type: JSON_TYPE }), onlyBodiesOf(JSON_TYPE)];

const body = z.strictObject({
  code: z.string().regex(/^[\x21-\x7e]{1,512}$/),
  externalId: z.string().min(1).max(200).optional(),
});

function whose({ connectionId, grant }: PartnerConnection) {
  const { userId = null, scope = [] } = grant() ?? {};
  return { connectionId, userId, scope };
}

/** A code that is wrong is the caller's to mend; everything else is between Withings and us. */
function refusedCode({ code, retryAfterSeconds }: Refusal): Problem {
  return new Problem(code === 'code-refused' ? 'partner-code-refused' : code, retryAfterSeconds);
}

function noToken({ code, remedy, retryAfterSeconds }: Refusal): Problem {
  if (code === 'not-connected') return new Problem('connection-unknown');
  return remedy === 'reconnect' ? new Problem('connection-ended') : new Problem(code, retryAfterSeconds);
}
