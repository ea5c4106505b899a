import { mkdirSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { createAttempts } from '../connect/attempts.ts';
import { createCodeBudget } from '../connect/code-budget.ts';
import { createReceipts } from '../connect/disconnect.ts';
import { createResults } from '../connect/results.ts';
import { createAnswerCache } from '../dashboard/answer-cache.ts';
import { createChecks } from '../dashboard/checks.ts';
import { createDataLoader } from '../dashboard/data-loader.ts';
import { createEvents } from '../dashboard/events.ts';
import { createTimezones } from '../dashboard/preferences/timezones.ts';
import { createSlowData } from '../dashboard/slow-data.ts';
import { createBrowsers } from '../inspect/follow.ts';
import { createRecorder } from '../inspect/recorder.ts';
import { createReadiness } from '../operations/health.ts';
import { describe, type Log } from '../operations/logging.ts';
import { together } from '../operations/observer.ts';
import { createPartnerConnections } from '../partner/connections.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { createSessions } from '../session/session.ts';
import { createEncryption, type Encryption } from '../store/encryption.ts';
import { deriveKeys, storedSecret } from '../store/keys.ts';
import { ofIssuer } from '../store/of-issuer.ts';
import { HELD_ADVICE } from '../store/restored.ts';
import { sqliteEngine } from '../store/sqlite/database.ts';
import { storeFile } from '../store/sqlite/schema.ts';
import { whyUnwritable } from '../store/sqlite/startup-checks.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { type Clocks, unhurried } from '../time/clocks.ts';
import { createCustody } from '../tokens/custody.ts';
import { createDisconnect } from '../tokens/disconnect.ts';
import { createNotices } from '../web/notice.ts';
import { createNotifications, NOTIFICATIONS_OFF } from '../webhooks/notifications.ts';
import { createMetrics } from './metrics.ts';

/** A list of ten years is several MB. */
const EXPORTS_MAX_BYTES = 8 * 1024 * 1024;

/** A fault of SQLite's that was mended in 3.51.3 can lose a write where several connections write and checkpoint. */
const SINGLE_PROCESS =
  'several processes on one DATA_DIR want a newer Node (22.23 or later): with this one they can lose a write';

/** What the routes are made of. */
export type Parts = Awaited<ReturnType<typeof createParts>>;

/** Builds every part, once. Rejects when the store cannot be opened. */
export async function createParts(config: Config, realClocks: Clocks, log: Log) {
  const { publicUrl, refreshMarginSeconds, sweepSeconds } = config;
  if (config.withings.sandbox || config.sharedStore === null) {
    const fault = whyUnwritable(config.dataDir);
    if (fault !== null) throw new Error(`DATA_DIR: ${fault}`);
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  }
  const sandbox = config.withings.sandbox ? await embedSandbox(config, realClocks.now) : null;
  const now = sandbox?.now ?? realClocks.now; // both sides then live by one movable clock
  const clocks = { ...realClocks, now };

  const secrets = config.sessionSecrets.length > 0 ? config.sessionSecrets : [storedSecret(config.dataDir)];
  const keys = deriveKeys(secrets);
  const encryption = createEncryption(keys.seal);
  const opened = await openStore(config, encryption, clocks, log).catch((error) => {
    sandbox?.close();
    throw error;
  });
  await opened.store.probe().catch((error) => {
    closeAll([sandbox, opened.store], log);
    throw error;
  });
  log.info({ store: opened.durability }, 'store');
  const metrics = await createMetrics(config, opened, clocks, log);
  const { onError } = metrics.told;
  const recorder = config.inspect ? createRecorder({ ...clocks, onError }) : null;
  const told = recorder ? together(metrics.told, recorder.observer) : metrics.told;
  const store = ofIssuer(metrics.store, config.withings.issuer);

  const custody = createCustody(config, { store, clocks, ...told, onExchange: recorder?.onExchange });
  const { withings, grants, outbox, sweeper, isHeld } = custody;
  if (await isHeld()) log.warn(`this store came back from a backup, and nobody is served: ${HELD_ADVICE}`);
  const notifications = config.webhooks
    ? createNotifications({
        publicUrl,
        secrets: keys.webhook,
        sweepSeconds,
        store,
        custody,
        now,
        ...told,
      })
    : NOTIFICATIONS_OFF;

  const readiness = createReadiness(store.probe, isHeld, clocks.monotonic, log);
  const { pubsub } = store;
  const { newsAt } = notifications;
  const timezones = createTimezones(store);
  const cached = { now, sleep: unhurried, pubsub };
  const slowData = createSlowData({ grants, withings, now, onError: told.onError });
  const { unsubscribe } = notifications.subscriber;
  const { onDisconnected } = told;
  const disconnect = createDisconnect({ store, withings, outbox, now, unsubscribe, onDisconnected });
  const dataLoader = createDataLoader({
    dataFreshSeconds: config.dataFreshSeconds,
    grants,
    withings,
    now,
    sleep: unhurried,
    refreshMarginSeconds,
    answers: createAnswerCache({ ...cached, name: 'pages' }),
    exports: createAnswerCache({ ...cached, name: 'exports', maxBytes: EXPORTS_MAX_BYTES }),
    slowData,
  });
  return {
    sandbox,
    store,
    metrics,
    told,
    withings,
    grants,
    outbox,
    sweeper,
    notifications,
    timezones,
    sessions: createSessions({
      store,
      keys,
      now,
      publicUrl,
      sessionIdleDays: config.sessionIdleDays,
      sessionMaxDays: config.sessionMaxDays,
    }),
    attempts: createAttempts({ store, withings, now, publicUrl, timeoutMs: custody.callMs + 1000 }),
    codeBudget: createCodeBudget(now),
    checks: createChecks(grants, withings, clocks),
    notices: createNotices(encryption, publicUrl),
    receipts: createReceipts(encryption, publicUrl, now),
    results: createResults(encryption, publicUrl, now),
    inspection: recorder && { recorder, browsers: createBrowsers(encryption, publicUrl) },
    disconnect: (id: string) => disconnect(id).finally(() => dataLoader.forget(id)),
    slowData,
    dataLoader,
    events: createEvents({
      grants,
      timezones,
      now,
      refreshMarginSeconds,
      newsAt,
      pubsub,
      onStreams: told.onStreams,
    }),
    partnerConnections: createPartnerConnections({ store, withings, outbox, encryption, publicUrl, now }),
    readiness,
    doctor: { keys: keys.doctor, isReady: readiness.isReady, now: realClocks.now, sleep: clocks.sleep },
    isHeld,
    now,
    close: () => closeAll([metrics, sandbox, store], log),
  };
}

/** A disk that takes no writes any more takes no tidying up either, which is done at the next start. */
function closeAll(parts: ({ close(): void } | null)[], log: Log): void {
  const errors = parts.flatMap((part) => {
    try {
      part?.close();
      return [];
    } catch (error) {
      return describe(error);
    }
  });
  if (errors[0])
    log.warn({ error: errors[0] }, 'closed as it was, since the disk takes no writes: nothing is lost');
}

/** The store that the settings name, and in a line what it promises. */
async function openStore(config: Config, encryption: Encryption, { now, monotonic }: Clocks, log: Log) {
  let isSaid = false;
  const opening = {
    issuer: config.withings.issuer,
    onForged() {
      if (!isSaid) log.error('a session in the store is not what was stored: somebody else writes to it');
      isSaid = true;
    },
  };
  if (config.redisUrl !== null) {
    const { openRedisStore } = await import('../store/redis/store.ts'); // its client is much to load for nothing
    const { redisUrl: url, storeTag: tag, redisDurable: isVouched } = config;
    return openRedisStore({ url, encryption, now, tag, isVouched, ...opening });
  }
  if (config.databaseUrl !== null) {
    const { openPostgresStore } = await import('../store/postgres/store.ts');
    return openPostgresStore({ url: config.databaseUrl, encryption, tag: config.storeTag, ...opening });
  }
  const store = openSqliteStore(storeFile(config.dataDir), encryption, monotonic, opening);
  const { version, isForSeveralProcesses } = sqliteEngine();
  if (!isForSeveralProcesses) log.warn({ sqlite: version, node: process.version }, SINGLE_PROCESS);
  return {
    store,
    durable: true,
    durability: `one file (SQLite ${version}): every change is on disk before it is used`,
  };
}

/** The Withings of a program that was given no credentials: another site's pages, under an address of ours. */
async function embedSandbox(config: Config, now: () => number): Promise<Sandbox> {
  const { openSandbox } = await import('../sandbox/sandbox.ts'); // a third of the program, for nothing in real life
  const { clientId, clientSecret, redirectUri } = config.withings;
  return openSandbox({
    now,
    dataDir: config.dataDir,
    publicUrl: config.publicUrl,
    fetch: withinReach(config),
    clients: [{ id: clientId, secret: clientSecret, name: 'Withings Connect', redirectUris: [redirectUri] }],
  });
}

/** The sandbox calls us back at the address that we know ourselves by, whatever name browsers use for it. */
function withinReach({ publicUrl, withings }: Config): typeof fetch {
  const { protocol, hostname, port } = new URL(withings.apiUrl);
  return (input, init) => {
    const url = new URL(String(input));
    return fetch(url.origin === publicUrl ? Object.assign(url, { protocol, hostname, port }) : url, init);
  };
}
