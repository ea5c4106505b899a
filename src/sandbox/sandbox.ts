import { Router } from 'express';
import { accountRoutes } from './account.ts';
import { Api } from './api.ts';
import { authorizeRoutes } from './authorize.ts';
import { readBodies, refuseBadRequests } from './bad-requests.ts';
import { indexClients } from './clients.ts';
import { Clock } from './clock.ts';
import { Codes } from './codes.ts';
import { controlRoutes } from './control.ts';
import { Counters } from './counters.ts';
import { openDatabase } from './database.ts';
import { Delays } from './delays.ts';
import { Faults } from './faults.ts';
import { Guard } from './guard.ts';
import { Logins } from './logins.ts';
import { measureRoutes } from './measure-routes.ts';
import { Nonces } from './nonces.ts';
import { tokenRoutes } from './oauth2.ts';
import { noStore, pageHeaders, stylesheet } from './pages.ts';
import { Pairs } from './pairs.ts';
import { panelRoutes } from './panel.ts';
import { removalRoutes } from './removal.ts';
import { randomHex } from './secrets.ts';
import { signatureRoutes } from './signature.ts';
import { unbuiltRoutes } from './unbuilt.ts';
import { WeighIns } from './weigh-ins.ts';
import type { World } from './world.ts';

export interface SandboxOptions {
  /** Milliseconds since 1970, the real clock; the sandbox adds its own movable offset. */
  now: () => number;
  /** Folder for sandbox.db, made by the caller; `:memory:` keeps nothing. */
  dataDir: string;
  /** The partner applications this Withings knows. redirectUris: registered callback URLs. */
  clients: { id: string; secret: string; name: string; redirectUris: string[] }[];
  /** The ten-second duplicate guard and the quota of 120 calls a minute. Default: on. */
  duplicateGuard?: boolean;
  /** Lower-case hex of so many random bytes. Default: crypto's. */
  random?: (bytes: number) => string;
}

export interface Sandbox {
  /** Mount anywhere, `app.use('/sandbox', sandbox.router)` or at `/`: links start where it is mounted. */
  router: Router;
  /** The movable clock in milliseconds: now() + offset. */
  now: () => number;
  /** Ends the answers that still wait and closes the file. */
  close(): void;
}

/** A small Withings of our own. It knows nothing of the app and is reached over HTTP alone. */
export function createSandbox(options: SandboxOptions): Sandbox {
  const db = openDatabase(options.dataDir);
  const clock = new Clock(db, options.now);
  const clients = indexClients(options.clients);
  const random = options.random ?? randomHex;
  const faults = new Faults(db);
  const counters = new Counters(db);
  const delays = new Delays();

  const world: World = {
    api: new Api(faults, counters, delays),
    clients,
    clock,
    codes: new Codes(db, clock.now, random),
    counters,
    faults,
    guard: new Guard(clock.now, options.duplicateGuard ?? true),
    logins: new Logins(db, clock.now, random),
    nonces: new Nonces(db, clock.now, random),
    pairs: new Pairs(db, clock.now, random),
    random,
    weighIns: new WeighIns(db, clock.now),
  };

  const router = Router();
  router.use(pageHeaders(clients));
  router.get('/assets/sandbox.css', stylesheet);
  router.use(noStore);
  router.use(readBodies());
  router.use(panelRoutes(world));
  router.use(authorizeRoutes(world));
  router.use(accountRoutes(world));
  router.use(removalRoutes(world));
  router.use(tokenRoutes(world));
  router.use(signatureRoutes(world));
  router.use(measureRoutes(world));
  router.use(unbuiltRoutes(world));
  router.use(controlRoutes(world));
  router.use(refuseBadRequests);

  return {
    router,
    now: clock.now,
    close: () => {
      delays.close();
      db.close();
    },
  };
}
