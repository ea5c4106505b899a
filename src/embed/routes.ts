import type { IncomingMessage } from 'node:http';
import { type ErrorRequestHandler, type Request, Router } from 'express';
import { createAttempts } from '../connect/attempts.ts';
import { createCodeBudget } from '../connect/code-budget.ts';
import { createResults } from '../connect/results.ts';
import { readPath } from '../connect/return-to.ts';
import { connectRoutes } from '../connect/routes.ts';
import type { Log } from '../operations/logging.ts';
import { Problem } from '../problems/catalogue.ts';
import type { SpentAttempt } from '../store/attempts.ts';
import { saveGrant } from '../store/grants.ts';
import type { Store } from '../store/store.ts';
import type { Custody } from '../tokens/custody.ts';
import { refuseWhileHeld } from '../web/held.ts';
import { onlyMethods } from '../web/requests.ts';
import { refuseCrossSite } from '../web/same-origin.ts';
import { noStore } from '../web/security-headers.ts';
import type { Notifications } from '../webhooks/notifications.ts';
import { webhookRoutes } from '../webhooks/routes.ts';
import { isOfRouter } from './checks.ts';
import { known } from './failures.ts';
import type { ConnectOptions } from './options.ts';
import { type Owners, whoIs } from './owners.ts';

export interface EmbeddedParts {
  owners: Owners;
  custody: Custody;
  store: Store;
  notifications: Pick<Notifications, 'address' | 'inbox'>;
  now: () => number;
  log: Log;
  disconnect: (req: Request) => Promise<unknown>;
  /** Somebody has connected, and their tokens are stored. */
  onConnected: (owner: string, userId: string) => void;
}

/** What is mounted in somebody else's application, whose error handler is given what fails. */
export function embeddedRoutes(options: ConnectOptions<IncomingMessage>, parts: EmbeddedParts): Router {
  const { owners, store, now, log } = parts;
  const { withings, outbox, isHeld, callMs } = parts.custody;
  const { origin, pathname } = new URL(options.url);
  const returnTo = options.returnTo ?? '/';

  function ownerOf(req: Request): string {
    const who = whoIs(options.owner, req);
    if (who === null) throw new Problem('not-signed-in');
    return who;
  }

  /** In place of browser sessions: the person who is signed in over there owns the grant. */
  const sessions = {
    async signIn(req: Request, { mark }: { mark: SpentAttempt }, content: Parameters<typeof saveGrant>[1]) {
      const owner = ownerOf(req);
      await saveGrant(store, content, { session: owners.begin(owner), replaces: null, attempt: mark });
      parts.onConnected(owner, content.userId);
    },
    resume: async (req: Request) => Boolean((await owners.find(ownerOf(req)))?.grantId),
  };

  const router = Router();
  router.use(webhookRoutes(parts.notifications));
  router.use(['/connect', '/callback', '/disconnect'], refuseWhileHeld(isHeld), (req, _res, next) => {
    if (req.method !== 'HEAD') ownerOf(req); // Withings asks HEAD, signed in or not
    next();
  });
  router.use(
    connectRoutes({
      outbox,
      attempts: createAttempts({
        store,
        withings,
        now,
        publicUrl: options.url,
        timeoutMs: callMs + 1000,
        ownerOf,
      }),
      results: createResults(store.encryption, options.url, now),
      codeBudget: createCodeBudget(now),
      sessions,
      withings,
      now,
      log,
      mountPath: pathname.replace(/\/$/, ''),
      readReturnTo(value) {
        const path = readPath(value);
        return path === null || isOfRouter(options.url, path) ? null : path;
      },
      usualReturn: returnTo,
    }),
  );
  router.post('/disconnect', noStore, refuseCrossSite(origin), async (req, res) => {
    await parts.disconnect(req);
    res.redirect(303, returnTo);
  });
  router.all('/disconnect', onlyMethods('POST'));
  const inKnownWords: ErrorRequestHandler = (error, _req, _res, next) => next(known(error));
  router.use(inKnownWords);
  return router;
}
