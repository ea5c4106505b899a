import { type Request, Router } from 'express';
import { createAttempts } from '../connect/attempts.ts';
import { createCodeBudget } from '../connect/code-budget.ts';
import { createResults } from '../connect/results.ts';
import { readReturnTo } from '../connect/return-to.ts';
import { connectRoutes } from '../connect/routes.ts';
import { backgroundLog, createLog } from '../operations/logging.ts';
import { Problem } from '../problems/catalogue.ts';
import type { SpentAttempt } from '../store/attempts.ts';
import type { Grant } from '../store/grant.ts';
import { saveGrant } from '../store/grants.ts';
import { hashed } from '../store/keys.ts';
import { ofIssuer } from '../store/of-issuer.ts';
import { HELD_ADVICE } from '../store/restored.ts';
import { ENDLESS_MS, type StoredSession } from '../store/sessions.ts';
import { createCustody } from '../tokens/custody.ts';
import { createDisconnect, type Disconnected } from '../tokens/disconnect.ts';
import { refuseWhileHeld } from '../web/held.ts';
import { onlyMethods } from '../web/requests.ts';
import { refuseCrossSite } from '../web/same-origin.ts';
import { noStore } from '../web/security-headers.ts';
import type { Withings } from '../withings/client.ts';
import { type Result, refuse } from '../withings/errors.ts';
import { type ConnectOptions, readOptions, whoIs } from './options.ts';

/** Withings in somebody else's application. */
export interface Connect {
  /** `GET /connect`, `GET /callback`, `POST /disconnect`. Failures go to your error handler as a Problem. */
  router: Router;
  /** A live access token of whoever is signed in, refreshed where that is due; or why there is none. */
  fresh(req: Request): Promise<Result<Grant>>;
  /** Makes a data call; a token that Withings rejects is renewed once, and the call repeated once. */
  use<T>(req: Request, call: (accessToken: string) => Promise<Result<T>>): Promise<Result<T>>;
  /** Erases the connection here and revokes it at Withings. Null: there was none. */
  disconnect(req: Request): Promise<Disconnected | null>;
  withings: Withings;
  /** Finishes what is under way and closes the store. */
  stop(): Promise<void>;
}

/**
 * The connect flow and the custody of tokens, for an Express 5 application with sign-in and sessions of its own.
 *
 * @throws Error when an option is missing or cannot work, in words
 */
export function createConnect(options: ConnectOptions): Connect {
  const settings = readOptions(options);
  const { clocks, owner, returnTo = '/' } = options;
  const store = ofIssuer(options.store, settings.withings.issuer);
  const { now } = clocks;
  const { origin, pathname } = new URL(options.url);
  const log = options.log ?? createLog('warn', process.stdout);
  const custody = createCustody(settings, { store, clocks, ...backgroundLog(log) });
  const { withings, grants, outbox, sweeper, isHeld, callMs } = custody;
  const disconnectGrant = createDisconnect({ store, withings, outbox, now, unsubscribe: null });

  function keyOf(req: Request): string {
    const who = whoIs(owner, req);
    if (who === null) throw new Problem('not-signed-in');
    return hashed(`owner ${who}`);
  }

  async function sessionOf(req: Request): Promise<StoredSession | null> {
    return whoIs(owner, req) === null ? null : store.readSession(keyOf(req), now());
  }

  /** Needs no key to the tokens: leaving must not. */
  async function grantIdOf(req: Request): Promise<string | null> {
    return (await sessionOf(req))?.grantId ?? null;
  }

  /** @throws DecryptionError when no key at hand opens it */
  async function grantOf(req: Request): Promise<Grant | null> {
    return (await sessionOf(req))?.grant() ?? null;
  }

  /** In place of browser sessions: the person who is signed in over there owns the grant. */
  const owners = {
    async signIn(req: Request, { mark }: { mark: SpentAttempt }, content: Parameters<typeof saveGrant>[1]) {
      const ends = now() + ENDLESS_MS;
      const session = { key: keyOf(req), data: '{}', idleUntil: ends, endsAt: ends };
      await saveGrant(store, content, { session, replaces: null, attempt: mark });
    },
    resume: async (req: Request) => (await grantIdOf(req)) !== null,
  };

  async function disconnect(req: Request): Promise<Disconnected | null> {
    const session = await sessionOf(req);
    if (!session?.grantId) return null;
    const { grantId, person } = session;
    if (!person?.demo) return disconnectGrant(grantId);
    await store.endSession(keyOf(req)); // everybody who tries the demo shares one permission
    const { refusal } = refuse('withings-refused');
    return { person, refusal, removalPage: withings.removalPage(person.userId) };
  }

  const router = Router();
  router.use(['/connect', '/callback', '/disconnect'], refuseWhileHeld(isHeld), (req, _res, next) => {
    if (req.method !== 'HEAD') keyOf(req); // Withings asks HEAD, signed in or not
    next();
  });
  router.use(
    connectRoutes({
      outbox,
      attempts: createAttempts({
        store,
        withings,
        now,
        publicUrl: origin,
        timeoutMs: callMs + 1000,
        ownerOf: keyOf,
      }),
      results: createResults(store.encryption, origin, now),
      codeBudget: createCodeBudget(now),
      sessions: owners,
      withings,
      now,
      log,
      mountPath: pathname.replace(/\/$/, ''),
      usualReturn: readReturnTo(returnTo) ?? '/',
    }),
  );
  router.post('/disconnect', noStore, refuseCrossSite(origin), async (req, res) => {
    await disconnect(req);
    res.redirect(303, returnTo);
  });
  router.all('/disconnect', onlyMethods('POST'));

  isHeld().then(
    (held) => held && log.warn(`the store came back from a backup, and nobody is served: ${HELD_ADVICE}`),
    () => {}, // it does not answer: calls say so
  );
  sweeper.start();
  return {
    router,
    withings,
    disconnect,
    async fresh(req) {
      const grant = await grantOf(req);
      return grant ? grants.fresh(grant) : refuse('not-connected');
    },
    async use(req, call) {
      const grant = await grantOf(req);
      return grant ? grants.use(grant, call) : refuse('not-connected');
    },
    async stop() {
      await sweeper.stop();
      await grants.settled();
      store.close();
    },
  };
}
