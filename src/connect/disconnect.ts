import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Log } from '../operations/logging.ts';
import type { Sessions } from '../session/session.ts';
import type { Encryption } from '../store/encryption.ts';
import type { Disconnect, Disconnected } from '../tokens/disconnect.ts';
import { sealedCookie } from '../web/cookies.ts';
import type { Notices } from '../web/notice.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';

export interface DisconnectRouteParts {
  disconnect: Disconnect;
  sessions: Sessions;
  receipts: Receipts;
  notices: Pick<Notices, 'leave'>;
  /** Where the person lives, an IANA name; null: not known. */
  timezoneOf: (grantId: string) => Promise<string | null>;
  /** What is known of the person's data is not kept any longer. */
  forget: (grantId: string) => void;
  now: () => number;
  log: Log;
}

/**
 * Of this site and this tab's caches only: "cookies" would also log the person out of every other site under the
 * same domain, and on localhost out of every other port.
 */
const FORGET = '"cache", "storage"';

/** Disconnect: `/disconnect` ends the connection, `/logout` only this browser's session. */
export function disconnectRoutes(parts: DisconnectRouteParts): Router {
  const router = Router();
  router.get('/disconnect', noStore, (req, res) => {
    const id = req.session.withingsId;
    if (!id) return res.redirect(303, '/');
    return res.render('disconnect', { person: req.session.withingsPerson });
  });
  router.post('/disconnect', noStore, (req, res) => endConnection(parts, req, res));
  router.post('/logout', noStore, async (req, res) => {
    const id = req.session.withingsId;
    await parts.sessions.end(req, res);
    if (id) parts.forget(id); // whoever else is signed in there asks again
    parts.receipts.clear(req, res); // of a connection before this one
    parts.notices.leave(res, 'You are logged out of this browser.');
    res.set('Clear-Site-Data', FORGET).redirect(303, '/');
  });
  router.all('/disconnect', onlyMethods('GET, HEAD, POST'));
  router.all('/logout', onlyMethods('POST'));
  return router;
}

async function endConnection(
  { disconnect, sessions, receipts, timezoneOf, now, log }: DisconnectRouteParts,
  req: Request,
  res: Response,
) {
  const id = req.session.withingsId; // enough to leave, even where the key to the tokens is missing
  if (!id) return res.redirect(303, '/');

  const zone = await timezoneOf(id); // nobody knows it any more when the receipt is shown
  // Everybody who tries the demo shares one permission: a visitor ends their own session, and no more.
  const isDemo = req.session.withingsPerson?.demo === true;
  const ended = isDemo ? null : await disconnect(id);
  await sessions.end(req, res);
  const outcome = ended === null ? 'demo' : outcomeOf(ended);
  log.info({ requestId: req.id, outcome: ended?.refusal?.code ?? outcome }, 'disconnected');
  receipts.write(res, { at: now(), zone, outcome, removalPage: ended?.removalPage ?? null });
  return res.set('Clear-Site-Data', FORGET).redirect(303, '/');
}

function outcomeOf({ person, refusal }: Disconnected): Receipt['outcome'] {
  if (refusal === null) return 'revoked';
  const isUntold = person === null && refusal.code !== 'withings-busy'; // then somebody else is at it
  return isUntold ? 'untold' : 'unconfirmed';
}

const receipt = z.object({
  at: z.number(),
  /** By whose clock it is told. */
  zone: z.string().nullable().default(null),
  /** What has happened at Withings: revoked; not confirmed, and in the outbox; nobody could say whose it was. */
  outcome: z.enum(['revoked', 'unconfirmed', 'untold', 'demo']),
  removalPage: z.string().nullable(),
});

export type Receipt = z.infer<typeof receipt>;

/** A receipt travels in a sealed cookie: the person asked to be forgotten, so the store keeps nothing of it. */
export interface Receipts {
  write(res: Response, receipt: Receipt): void;
  read(req: Request): Receipt | null;
  clear(req: Request, res: Response): void;
}

const RECEIPT_TTL_MS = 10 * 60_000;

export function createReceipts(encryption: Encryption, publicUrl: string, now: () => number): Receipts {
  const cookie = sealedCookie(encryption, publicUrl, 'receipt', receipt);
  return {
    write: (res, value) => cookie.set(res, value, RECEIPT_TTL_MS),
    read: (req) => cookie.readAll(req).find(({ at }) => now() < at + RECEIPT_TTL_MS) ?? null,
    clear: cookie.clear,
  };
}
