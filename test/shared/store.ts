import { inRedis } from '../support/app.ts';

const SESSION_SECRET = 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ';
/** The same for all instances. */
const TEST_STORE_TAG = 'shared';

/** Settings of a store of its own that several instances share, in the server of the suite. */
export async function newStore(): Promise<Record<string, string>> {
  if (!process.env.TEST_DATABASE_URL) return inRedis();
  const { newDatabase } = await import('../postgres/server.ts');
  return { DATABASE_URL: await newDatabase(), TEST_STORE_TAG, SESSION_SECRET };
}

/** A server of the test's own, which can go away and come back. */
export interface StoreServer {
  /** Settings of the app. */
  env: Record<string, string>;
  /** SIGKILL, and started again on the same port and folder. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT: it stands still, with its connections open. */
  freeze(): void;
  thaw(): void;
}

export async function startStoreServer(): Promise<StoreServer> {
  if (process.env.TEST_DATABASE_URL) {
    const { startPostgres } = await import('../postgres/server.ts');
    const cluster = await startPostgres();
    return { ...cluster, env: { DATABASE_URL: cluster.url(), TEST_STORE_TAG, SESSION_SECRET } };
  }
  const { startRedis } = await import('../redis/server.ts');
  const redis = await startRedis();
  return { ...redis, env: { REDIS_URL: redis.url, SESSION_SECRET } };
}
