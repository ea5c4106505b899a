import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { createAttempts } from './connect/attempts.ts';
import { createReceipts } from './connect/disconnect.ts';
import { createEvents } from './dashboard/events.ts';
import { createShared } from './dashboard/shared.ts';
import { createSources } from './dashboard/sources.ts';
import { type Clocks, createKeeping } from './keeping.ts';
import { createListening } from './listening.ts';
import type { Log } from './operations/logging.ts';
import { createReadiness } from './operations/readiness.ts';
import { createPartnerConnections } from './partner/connections.ts';
import { createSandbox, type Sandbox } from './sandbox/sandbox.ts';
import { deriveKeys, keptSecret } from './session/keys.ts';
import { createSealer } from './session/sealing.ts';
import { createSessions } from './session/session.ts';
import { dataDirOf, openStore } from './storing.ts';
import { createLeaving } from './tokens/leaving.ts';
import { createHttpServer } from './web/server.ts';

export interface RunningServer {
  /** Stops taking requests, lets those under way finish, closes the store. */
  stop(): Promise<void>;
  /** Resolves when no refresh is under way in the background. */
  settled(): Promise<void>;
  /** One round of the sweeper, now. */
  sweep(): Promise<void>;
}

/** Container engines give ten seconds. */
const STOP_WITHIN_MS = 9_000;

/** Builds the parts, each once, and serves. Rejects when the store cannot be opened or the port is taken. */
export async function startServer(config: Config, clocks: Clocks, log: Log): Promise<RunningServer> {
  const dataDir = dataDirOf(config);
  if (config.withings.sandbox || config.redisUrl === null)
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const sandbox = config.withings.sandbox ? embedSandbox(config, dataDir, clocks.now) : null;
  const now = sandbox?.now ?? clocks.now;

  const secrets = config.sessionSecrets.length > 0 ? config.sessionSecrets : [keptSecret(dataDir)];
  const keys = deriveKeys(secrets);
  const sealer = createSealer(keys.seal);
  const { store, promise } = await openStore(config, sealer, { ...clocks, now }).catch((error) => {
    sandbox?.close();
    throw error;
  });
  log.info({ store: promise }, 'store');

  const keeping = createKeeping(config, `${config.publicUrl}/callback`, store, { ...clocks, now }, log);
  const { withings, grants, sweeper, callMs } = keeping;
  const listening = config.webhooks
    ? createListening(config, keys.webhook, store, keeping, { ...clocks, now }, log)
    : null;
  const heardAt = listening?.heardAt ?? (async () => 0);
  const { between } = store;
  const events = createEvents({ ...config, cloud: config.withings.cloud, grants, now, heardAt, between });
  const readiness = createReadiness({ ...clocks, ping: store.ping });
  const unhurried = (ms: number) => sleep(ms, undefined, { ref: false });
  const app = createApp({
    config,
    store,
    withings,
    grants,
    now,
    monotonic: clocks.monotonic,
    log,
    sessions: createSessions({ ...config, store, keys, now }),
    attempts: createAttempts({
      store,
      now,
      publicUrl: config.publicUrl,
      cloud: config.withings.cloud,
      patienceMs: callMs + 1000,
    }),
    sources: createSources({
      grants,
      withings,
      now,
      sleep: unhurried,
      heardAt,
      shared: createShared({ now, sleep: unhurried, between }),
    }),
    events,
    receipts: createReceipts(sealer, config.publicUrl, now),
    leaving: createLeaving({
      store,
      withings,
      cloud: config.withings.cloud,
      unsubscribe: listening?.subscriber.end ?? null,
    }),
    partnerConnections: createPartnerConnections({
      store,
      withings,
      sealer,
      cloud: config.withings.cloud,
      publicUrl: config.publicUrl,
      now,
    }),
    onConnected: () => listening?.subscriber.wake(),
    webhooks: listening,
    newsOf: listening?.newsOf ?? null,
    sandbox: sandbox?.router ?? null,
    readiness,
  });

  const server = createHttpServer(app);
  const close = () => {
    sandbox?.close();
    store.close();
  };

  try {
    await listen(server, config.port, config.host);
  } catch (error) {
    close();
    throw error;
  }
  sweeper.start();
  listening?.subscriber.start();
  return {
    settled: grants.settled,
    async sweep() {
      await sweeper.sweep();
      await listening?.subscriber.round();
    },
    async stop() {
      const enough = unhurried(STOP_WITHIN_MS);
      await readiness.end();
      events.close();
      const finished = Promise.all([
        drain(server),
        sweeper.stop(),
        listening?.subscriber.stop(),
        listening?.inbox.close(),
      ]).then(grants.settled);
      await Promise.race([finished, enough]); // what is cut off now is finished after the next start
      server.closeAllConnections();
      close();
    },
  };
}

function embedSandbox(config: Config, dataDir: string, now: () => number): Sandbox {
  return createSandbox({
    now,
    dataDir,
    publicUrl: config.publicUrl,
    fetch: withinReach(config),
    clients: [
      {
        id: config.withings.clientId,
        secret: config.withings.clientSecret,
        name: 'Withings Connect',
        redirectUris: [`${config.publicUrl}/callback`],
      },
    ],
  });
}

/** The sandbox calls us back at the address that we know ourselves by, whatever name browsers use for it. */
function withinReach({ publicUrl, withings }: Config): typeof fetch {
  return (input, init) => {
    const url = new URL(String(input));
    return fetch(url.origin === publicUrl ? new URL(url.pathname + url.search, withings.apiUrl) : url, init);
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

/** Requests under way may finish; connections that wait for nothing are closed as they fall idle. */
function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const tidy = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearInterval(tidy);
      resolve();
    });
  });
}
