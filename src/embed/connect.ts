import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, Response } from 'express';
import { createAnswerCache } from '../dashboard/answer-cache.ts';
import { createTimezones } from '../dashboard/preferences/timezones.ts';
import { createVisits } from '../dashboard/visits.ts';
import { backgroundLog, createLog } from '../operations/logging.ts';
import { together } from '../operations/observer.ts';
import type { Grant } from '../store/grant.ts';
import { deriveKeys } from '../store/keys.ts';
import { ofIssuer } from '../store/of-issuer.ts';
import { HELD_ADVICE } from '../store/restored.ts';
import { unhurried } from '../time/clocks.ts';
import { createCustody } from '../tokens/custody.ts';
import { createDisconnect, type Disconnected } from '../tokens/disconnect.ts';
import { createNotifications, NOTIFICATIONS_OFF } from '../webhooks/notifications.ts';
import type { Withings } from '../withings/client.ts';
import type { Result } from '../withings/errors.ts';
import { type Account, createAccount } from './account.ts';
import { checkOptions } from './checks.ts';
import { createEvents, type Events, eventsOfGrants } from './events.ts';
import { withKnownFailures } from './failures.ts';
import { createList, type List } from './list.ts';
import { type ConnectOptions, settingsOf } from './options.ts';
import { createOwners, isRequest, named, whoIs } from './owners.ts';
import { createReads } from './reads.ts';
import { embeddedRoutes } from './routes.ts';

/** Withings in somebody else's application. */
export interface Connect {
  /** `GET /connect`, `GET /callback`, `POST /disconnect`. Failures go to your error handler as a Problem. */
  router: (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;
  /**
   * The account of this owner, or of whoever is signed in with this request.
   *
   * @param options `background`: for work that nobody waits for; everybody else's calls to Withings go first
   */
  of(who: string | IncomingMessage, options?: { background?: boolean }): Account;
  /** See Account, of whoever is signed in. */
  fresh(req: IncomingMessage): Promise<Result<Grant>>;
  use<T>(req: IncomingMessage, call: (accessToken: string) => Promise<Result<T>>): Promise<Result<T>>;
  disconnect(req: IncomingMessage): Promise<Disconnected | null>;
  list: List;
  /** Tells of what happens, in the process where it happens; a listener that fails is logged. */
  on: Events['on'];
  withings: Withings;
  /** Finishes what is under way and closes the store. */
  stop(): Promise<void>;
}

/**
 * The connect flow and the custody of tokens, for an Express application (4 or 5) with sign-in and sessions of its own.
 *
 * @throws TypeError when an option is missing or cannot work, in words
 */
export function createConnect<Req extends IncomingMessage = Request>(options: ConnectOptions<Req>): Connect {
  checkOptions(options);
  const settings = settingsOf(options);
  const { refreshMarginSeconds, sweepSeconds } = settings;
  const { clocks, url, dataFreshSeconds = 300 } = options;
  const { now } = clocks;
  const store = ofIssuer(options.store, settings.withings.issuer);
  const log = options.log ?? createLog('warn', process.stdout);

  const owners = createOwners(store, now);
  const background = backgroundLog(log);
  const events = createEvents(background.onError);
  const told = together(background, eventsOfGrants(events, owners, background.onError));

  const custody = createCustody(settings, { store, clocks, ...told });
  const { withings, grants, outbox, sweeper, isHeld } = custody;
  const notifications = options.webhooks
    ? createNotifications({
        publicUrl: url,
        secrets: deriveKeys([settings.withings.clientSecret]).webhook, // the same for every process, and after a restart
        sweepSeconds,
        store,
        custody,
        now,
        ...told,
      })
    : NOTIFICATIONS_OFF;
  const { subscriber, inbox, newsOf } = notifications;

  const answers = createAnswerCache({ now, sleep: unhurried, pubsub: store.pubsub, name: 'embedded' });
  const timezones = createTimezones(store);
  const visitParts = { grants, withings, answers, now, refreshMarginSeconds };
  const visits = createVisits(visitParts);
  const backgroundVisits = createVisits({ ...visitParts, priority: 'background' });
  const readsParts = {
    dataFreshSeconds,
    answers,
    newsOf,
    now,
    follow: timezones.follow,
  };
  const { unsubscribe } = subscriber;
  const disconnectGrant = createDisconnect({ store, withings, outbox, now, unsubscribe });
  const accountParts = { owners, grants, withings, answers, timezones, events, disconnectGrant, now };

  const of: Connect['of'] = (who, { background = false } = {}) => {
    const owner = isRequest(who) ? whoIs(options.owner, who) : named(who);
    const visit = background ? backgroundVisits : visits;
    const account = createAccount(
      accountParts,
      owner,
      (grantOf) => createReads(readsParts, visit, grantOf),
      !background,
    );
    return withKnownFailures(account);
  };

  const router = embeddedRoutes(options, {
    owners,
    custody,
    store,
    notifications,
    now,
    log,
    disconnect: (req) => of(req).disconnect(),
    onConnected(owner, userId) {
      events.emit('connected', { owner, userId });
      void subscriber.wake();
    },
  });
  isHeld().then(
    (held) => held && log.warn(`the store came back from a backup, and nobody is served: ${HELD_ADVICE}`),
    () => {}, // it does not answer: calls say so
  );
  sweeper.start();
  subscriber.start();

  return {
    router: (req, res, next) => router(req as Request, res as Response, next),
    of,
    fresh: async (req) => of(req).fresh(),
    use: async (req, call) => of(req).use(call),
    disconnect: async (req) => of(req).disconnect(),
    ...withKnownFailures({ list: createList(store, owners, withings.issuer, now) }),
    on: events.on,
    withings,
    async stop() {
      await Promise.all([sweeper.stop(), subscriber.stop(), inbox.close()]);
      await grants.settled();
      store.close();
    },
  };
}
