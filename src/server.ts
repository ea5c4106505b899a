import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { createAttempts } from './connect/attempts.ts';
import { createReceipts } from './connect/disconnect.ts';
import { createEvents } from './dashboard/events.ts';
import { createSources } from './dashboard/sources.ts';
import { type Log, logRefresh } from './operations/logging.ts';
import { createPartnerConnections } from './partner/connections.ts';
import { createSandbox, type Sandbox } from './sandbox/sandbox.ts';
import { deriveKeys, hashed, keptSecret } from './session/keys.ts';
import { createSealer } from './session/sealing.ts';
import { createSessions } from './session/session.ts';
import { openSqliteStore } from './session/sqlite.ts';
import { createGrants } from './tokens/grants.ts';
import { createLeaving } from './tokens/leaving.ts';
import { createSweeper } from './tokens/sweeper.ts';
import { describe } from './web/problem-page.ts';
import { createHttpServer } from './web/server.ts';
import type { TokenPair } from './withings/answers.ts';
import { createWithings, type Withings } from './withings/client.ts';
import type { Result } from './withings/errors.ts';

export interface Clocks {
  /** Milliseconds since 1970. With the sandbox embedded, its movable clock runs on top of this one. */
  now: () => number;
  /** Milliseconds of a clock that never steps and that all processes of this host share. */
  monotonic: () => number;
}

export interface RunningServer {
  /** Stops taking requests, lets those under way finish, closes the store. */
  stop(): Promise<void>;
  /** Resolves when no refresh is under way in the background. */
  settled(): Promise<void>;
  /** One round of the sweeper, now. */
  sweep(): Promise<void>;
}

const STOP_WITHIN_MS = 9_000;

/** Builds the parts, each once, and serves. Rejects when the store cannot be opened or the port is taken. */
export async function startServer(config: Config, clocks: Clocks, log: Log): Promise<RunningServer> {
  // Invented people and real ones never share a file: a sandbox session must open nothing after going live.
  const dataDir = config.withings.sandbox ? join(config.dataDir, 'sandbox') : config.dataDir;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const sandbox = config.withings.sandbox ? embedSandbox(config, dataDir, clocks.now) : null;
  const now = sandbox?.now ?? clocks.now;

  const secrets = config.sessionSecrets.length > 0 ? config.sessionSecrets : [keptSecret(dataDir)];
  const keys = deriveKeys(secrets);
  const sealer = createSealer(keys.seal);
  const store = openSqliteStore(join(dataDir, 'connect.db'), sealer, clocks.monotonic);

  // One refresh, at its longest: with signatures a nonce is fetched first.
  const callMs = config.withings.timeoutMs * (config.withings.auth === 'signature' ? 2 : 1);
  const withings = createWithings({ ...config.withings, redirectUri: `${config.publicUrl}/callback`, now });
  const report = (error: unknown) => log.error({ error: describe(error) }, 'background work failed');
  const grants = createGrants({
    ...config,
    cloud: config.withings.cloud,
    recover: config.recover ? recoverWith(withings) : null,
    store,
    withings,
    now,
    monotonic: clocks.monotonic,
    sleep,
    callMs,
    report,
    tell: (id, refusal) => logRefresh(log, hashed(id), refusal),
  });
  const sweeper = createSweeper({ ...config, store, grants, now, sleep, report });
  const events = createEvents({ ...config, grants, now });
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
      cloud: config.withings.cloud,
      patienceMs: callMs + 1000,
    }),
    sources: createSources({ grants, withings, now, sleep: (ms) => sleep(ms, undefined, { ref: false }) }),
    events,
    receipts: createReceipts(sealer, config.publicUrl, now),
    leaving: createLeaving({ store, withings, cloud: config.withings.cloud, isOurs: () => false }),
    partnerConnections: createPartnerConnections({
      store,
      withings,
      sealer,
      cloud: config.withings.cloud,
      publicUrl: config.publicUrl,
      now,
    }),
    sandbox: sandbox?.router ?? null,
    ready: async () => !draining && (await store.ping().then(yes, no)),
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
  return {
    settled: grants.settled,
    sweep: sweeper.sweep,
    async stop() {
      draining = true;
      events.close();
      const finished = Promise.all([drain(server), sweeper.stop()]).then(grants.settled);
      const enough = sleep(STOP_WITHIN_MS, undefined, { ref: false });
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
    const tidy = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearInterval(tidy);
      resolve();
    });
  });
}

function recoverWith(withings: Withings) {
  return async (userId: string): Promise<Result<TokenPair>> => {
    const code = await withings.recover(userId);
    return code.ok ? withings.redeem(code.value) : code;
  };
}

const yes = () => true;
const no = () => false;
