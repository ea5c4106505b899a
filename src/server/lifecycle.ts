import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { createAttempts } from '../connect/attempts.ts';
import { createReceipts } from '../connect/disconnect.ts';
import { createAnswerCache } from '../dashboard/answer-cache.ts';
import { createDataLoader } from '../dashboard/data-loader.ts';
import { createEvents } from '../dashboard/events.ts';
import type { Log } from '../operations/logging.ts';
import { createReadiness } from '../operations/readiness.ts';
import { createPartnerConnections } from '../partner/connections.ts';
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { createSessions } from '../session/session.ts';
import { createEncryption } from '../store/encryption.ts';
import { deriveKeys, keptSecret } from '../store/keys.ts';
import { type Clocks, createCustody } from '../tokens/custody.ts';
import { createDisconnect } from '../tokens/disconnect.ts';
import { createHttpServer } from '../web/http-server.ts';
import { createNotifications } from '../webhooks/notifications.ts';
import { createApp } from './app.ts';
import { dataDirOf, openStore } from './store.ts';

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
  const encryption = createEncryption(keys.seal);
  const { store, durability } = await openStore(config, encryption, { ...clocks, now }).catch((error) => {
    sandbox?.close();
    throw error;
  });
  log.info({ store: durability }, 'store');

  const custody = createCustody(config, `${config.publicUrl}/callback`, store, { ...clocks, now }, log);
  const { withings, grants, sweeper, callMs } = custody;
  const notifications = config.webhooks
    ? createNotifications(config, keys.webhook, store, custody, { ...clocks, now }, log)
    : null;
  const newsAt = notifications?.newsAt ?? (async () => 0);
  const { pubsub } = store;
  const events = createEvents({ ...config, withings, grants, now, newsAt, pubsub });
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
      withings,
      now,
      publicUrl: config.publicUrl,
      patienceMs: callMs + 1000,
    }),
    sources: createDataLoader({
      grants,
      withings,
      now,
      sleep: unhurried,
      newsAt,
      shared: createAnswerCache({ now, sleep: unhurried, pubsub }),
    }),
    events,
    receipts: createReceipts(encryption, config.publicUrl, now),
    disconnect: createDisconnect({
      store,
      withings,
      unsubscribe: notifications?.subscriber.end ?? null,
    }),
    partnerConnections: createPartnerConnections({
      store,
      withings,
      encryption,
      publicUrl: config.publicUrl,
      now,
    }),
    onConnected: () => notifications?.subscriber.wake(),
    webhooks: notifications,
    newsOf: notifications?.newsOf ?? null,
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
  notifications?.subscriber.start();
  return {
    settled: grants.settled,
    async sweep() {
      await sweeper.sweep();
      await notifications?.subscriber.round();
    },
    async stop() {
      const enough = unhurried(STOP_WITHIN_MS);
      await readiness.end();
      events.close();
      const finished = Promise.all([
        drain(server),
        sweeper.stop(),
        notifications?.subscriber.stop(),
        notifications?.inbox.close(),
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
