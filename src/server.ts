import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { createAttempts } from './connect/attempts.ts';
import { createReceipts } from './connect/disconnect.ts';
import { createMeasures } from './dashboard/measures.ts';
import type { Log } from './operations/logging.ts';
import { createSandbox, type Sandbox } from './sandbox/sandbox.ts';
import { deriveKeys, keptSecret } from './session/keys.ts';
import { createSealer } from './session/sealing.ts';
import { createSessions } from './session/session.ts';
import { openSqliteStore } from './session/sqlite.ts';
import { createGrants } from './tokens/grants.ts';
import { createHttpServer } from './web/server.ts';
import { createWithings } from './withings/client.ts';

export interface Clocks {
  /** Milliseconds since 1970. With the sandbox embedded, its movable clock runs on top of this one. */
  now: () => number;
  /** Milliseconds since any fixed moment; never steps. */
  monotonic: () => number;
}

export interface RunningServer {
  /** Stops taking requests, lets those under way finish, closes the store. */
  stop(): Promise<void>;
}

const HOUSEKEEPING_MS = 60_000;
const STOP_WITHIN_MS = 9_000;

/** Builds the parts, each once, and serves. Rejects when the store cannot be opened or the port is taken. */
export async function startServer(config: Config, clocks: Clocks, log: Log): Promise<RunningServer> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const sandbox = config.withings.sandbox ? embedSandbox(config, clocks.now) : null;
  const now = sandbox?.now ?? clocks.now;

  const secrets = config.sessionSecrets.length > 0 ? config.sessionSecrets : [keptSecret(config.dataDir)];
  const keys = deriveKeys(secrets);
  const sealer = createSealer(keys.seal);
  const store = openSqliteStore(join(config.dataDir, 'connect.db'), sealer);

  const withings = createWithings({ ...config.withings, redirectUri: `${config.publicUrl}/callback`, now });
  const grants = createGrants({ store, withings, now, refreshMarginSeconds: config.refreshMarginSeconds });
  let draining = false;
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
      patienceMs: config.withings.timeoutMs * 2 + 1000, // signature mode makes two calls
    }),
    measures: createMeasures({ grants, withings, now }),
    receipts: createReceipts(sealer, config.publicUrl),
    sandbox: sandbox?.router ?? null,
    ready: async () => !draining && (await store.ping().then(yes, no)),
  });

  const server = createHttpServer(app);
  const housekeeping = setInterval(() => {
    store
      .removeExpired(now())
      .catch((error: Error) => log.error({ error: error.name }, 'housekeeping failed'));
  }, HOUSEKEEPING_MS).unref();
  const close = () => {
    clearInterval(housekeeping);
    sandbox?.close();
    store.close();
  };

  try {
    await listen(server, config.port, config.host);
  } catch (error) {
    close();
    throw error;
  }
  return {
    async stop() {
      draining = true;
      await drain(server);
      close();
    },
  };
}

function embedSandbox(config: Config, now: () => number): Sandbox {
  return createSandbox({
    now,
    dataDir: config.dataDir,
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

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

/** Requests under way may finish; connections that wait for nothing are closed as they fall idle. */
function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), STOP_WITHIN_MS);
    const tidy = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(force);
      clearInterval(tidy);
      resolve();
    });
  });
}

const yes = () => true;
const no = () => false;
