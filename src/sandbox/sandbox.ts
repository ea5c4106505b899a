import { type RequestHandler, Router } from 'express';
import { accountRoutes } from './account/account.ts';
import { authorizeRoutes } from './account/authorize.ts';
import { Logins } from './account/logins.ts';
import { assets, noStore, pageHeaders } from './account/pages.ts';
import { removalRoutes } from './account/removal.ts';
import { Changes } from './changes.ts';
import { Clients, NotCallableError } from './clients.ts';
import { Clock } from './clock.ts';
import { controlRoutes } from './control/control.ts';
import { panelRoutes } from './control/panel.ts';
import { WeighIns } from './data/measures/weigh-ins.ts';
import { dataRoutes } from './data/routes.ts';
import { openSandboxDatabase } from './database.ts';
import { notImplementedRoutes } from './not-implemented.ts';
import { Notices } from './notify/notices.ts';
import { notifyRoutes } from './notify/notify-routes.ts';
import { type Fetch, Outbox } from './notify/outbox.ts';
import { Subscriptions } from './notify/subscriptions.ts';
import { Codes } from './oauth2/codes.ts';
import { Nonces } from './oauth2/nonces.ts';
import { tokenRoutes } from './oauth2/oauth2.ts';
import { Pairs } from './oauth2/pairs.ts';
import { signatureRoutes } from './oauth2/signature.ts';
import { partnerRoutes } from './partner/users.ts';
import { People, type Person } from './people.ts';
import { randomHex } from './secrets.ts';
import { seeded } from './seeded-people.ts';
import { Api } from './wire/api.ts';
import { readBodies, refuseBadRequests } from './wire/bad-requests.ts';
import { CallLog } from './wire/call-log.ts';
import { Counters } from './wire/counters.ts';
import { Delays } from './wire/delays.ts';
import { Faults } from './wire/faults.ts';
import { Guard } from './wire/guard.ts';
import type { World } from './world.ts';

export interface SandboxOptions {
  /** Milliseconds since 1970, the real clock; the sandbox adds its own movable offset. */
  now: () => number;
  /** Folder for sandbox.db, made by the caller; `:memory:` keeps nothing. */
  dataDir: string;
  /** The partner applications this Withings knows. redirectUris: registered callback URLs. */
  clients: { id: string; secret: string; name: string; redirectUris: string[] }[];
  /** Hosts that may be called beside this machine and the origins of those; on any port. Default: none. */
  callbackHosts?: readonly string[];
  /** Who lives there, beside the demo user. Default: the five of docs/sandbox.md. */
  people?: readonly Person[];
  /** Where people reach it, if not by localhost or an address: its own pages there may use the controls. */
  publicUrl?: string;
  /** The name that it listens under, for the same. */
  host?: string;
  /** The ten-second duplicate guard and the quota of 120 calls a minute. Default: on. */
  limits?: boolean;
  /** Whether a reset sets the clock back. An app on the same clock would see what it has stored in the future. Default: no. */
  clockGoesBack?: boolean;
  /** Lower-case hex of so many random bytes. Default: crypto's. */
  random?: (bytes: number) => string;
  /** How callback URLs are called. Default: the global one. */
  fetch?: Fetch;
}

export interface Sandbox {
  /** Mount anywhere, `app.use('/sandbox', sandbox.router)` or at `/`: links start where it is mounted. */
  router: Router;
  /** The movable clock in milliseconds: now() + offset. */
  now: () => number;
  /** Its parts, for who runs it in the same process. */
  world: World;
  /** Ends the answers that still wait and closes the file. */
  close(): void;
}

/** A small Withings of our own. It knows nothing of the app and is reached over HTTP alone. */
export function openSandbox(options: SandboxOptions): Sandbox {
  const db = openSandboxDatabase(options.dataDir);
  const clock = new Clock(db, options.now, options.clockGoesBack ?? false);
  const changes = new Changes();
  const clients = new Clients(db, options.clients, options.callbackHosts ?? []);
  const callLog = new CallLog(clock.now, changes, clients);
  const people = new People(db, options.people ?? seeded);
  const random = options.random ?? randomHex;
  const faults = new Faults(db);
  const counters = new Counters(db);
  const delays = new Delays();
  const pairs = new Pairs(db, clock.now, random, people);
  const subscriptions = new Subscriptions(db, clock.now);
  const call = options.fetch ?? globalThis.fetch;
  const fetch: Fetch = async (url, init) => {
    if (!clients.mayCall(String(url))) throw new NotCallableError();
    return call(url, init);
  };
  const outbox = new Outbox(db, clock.now, fetch, subscriptions, (url, fields, outcome) => {
    counters.count('notification', outcome);
    callLog.add('notification', outcome, fields, `to ${new URL(url).origin}`);
  });

  const world: World = {
    api: new Api(faults, counters, delays, callLog),
    callLog,
    changes,
    clients,
    clock,
    codes: new Codes(db, clock.now, random),
    counters,
    faults,
    fetch,
    guard: new Guard(clock.now, options.limits ?? true),
    logins: new Logins(db, clock.now, random, people),
    nonces: new Nonces(db, clock.now, random),
    notices: new Notices({ subscriptions, outbox, people, pairs, changes, now: clock.now }),
    ownHosts: [options.host ?? [], options.publicUrl ? new URL(options.publicUrl).host : []].flat(),
    pairs,
    people,
    random,
    subscriptions,
    weighIns: new WeighIns(db, clock.now),
  };

  const router = Router();
  router.use(pageHeaders(clients));
  router.use(assets.routes);
  router.use(noStore);
  router.use(dated(clock));
  router.use(readBodies());
  router.use(panelRoutes(world));
  router.use(authorizeRoutes(world));
  router.use(accountRoutes(world));
  router.use(removalRoutes(world));
  router.use(tokenRoutes(world));
  router.use(signatureRoutes(world));
  router.use(partnerRoutes(world));
  router.use(dataRoutes(world));
  router.use(notifyRoutes(world));
  router.use(notImplementedRoutes(world));
  router.use(controlRoutes(world));
  router.use(refuseBadRequests);

  return {
    router,
    now: clock.now,
    world,
    close: () => {
      delays.close();
      world.notices.close();
      db.close();
    },
  };
}

/** Every answer says what time it is here, which is the sandbox's time. */
function dated(clock: Clock): RequestHandler {
  return (_req, res, next) => {
    res.setHeader('Date', new Date(clock.now()).toUTCString());
    next();
  };
}
