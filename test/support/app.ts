import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { type Config, readConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/operations/logging.ts';
import { startServer } from '../../src/server/lifecycle.ts';
import { clocks as machineClocks } from '../../src/time/clocks.ts';
import { atEnd, freePort, tempDir } from './machine.ts';

/** The real program with its real sandbox on a free port, and a clock that stands still until a test moves it. */
export interface TestApp {
  url: string;
  config: Config;
  /** Where it keeps its files. */
  dataDir: string;
  clock: TestClock;
  /** Everything that was logged. */
  logs(): string;
  stop(): Promise<void>;
  /** Resolves when no refresh is under way in the background. */
  settled(): Promise<void>;
  /** One round of the sweeper. */
  sweep(): Promise<void>;
  /** Stops it and starts it again on the same data and port; other settings where given. */
  restart(env?: Record<string, string>): Promise<TestApp>;
}

export interface TestClock {
  now: number;
  /** In place of the machine's own waiting, once a test has set it. */
  sleep?: (ms: number) => Promise<unknown>;
}

export const NOON = Date.UTC(2026, 5, 15, 12);

export async function startApp(
  env: Record<string, string> = {},
  clock: TestClock = { now: NOON },
): Promise<TestApp> {
  const dataDir = env.DATA_DIR ?? tempDir();
  return launch({ DATA_DIR: dataDir, HOST: '127.0.0.1', ...(await sharedStore()), ...env }, clock, []);
}

/** Where the suite runs on a shared store: a database of its own for each app. */
async function sharedStore(): Promise<Record<string, string>> {
  if (!process.env.TEST_DATABASE_URL) return inRedis();
  return {
    DATABASE_URL: process.env.TEST_DATABASE_URL,
    TEST_STORE_TAG: `test-${randomUUID()}`,
    SESSION_SECRET: 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ',
  };
}

/** The same on Redis. */
export async function inRedis(): Promise<Record<string, string>> {
  const { TEST_REDIS_URL } = process.env;
  if (!TEST_REDIS_URL) return {};
  const { createClient } = await import('@redis/client');
  const client = await createClient({ url: TEST_REDIS_URL }).connect();
  const database = await client.incr('last database');
  client.destroy();
  return { REDIS_URL: `${TEST_REDIS_URL}/${database}`, SESSION_SECRET: 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ' };
}

async function launch(env: Record<string, string>, clock: TestClock, lines: string[]): Promise<TestApp> {
  const port = env.PORT ?? String(await freePort());
  const result = readConfig({
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    WITHINGS_TIMEOUT_MS: '2000',
    WITHINGS_CALLS_PER_MINUTE: '100000', // tests are in a hurry
    ...env,
    PORT: port,
  });
  if (!result.ok) throw new Error(result.faults.join('\n'));
  const config = { ...result.config, ...(env.TEST_STORE_TAG ? { storeTag: env.TEST_STORE_TAG } : {}) };
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const sleep = (ms: number) => (clock.sleep ?? machineClocks.sleep)(ms);
  const clocks = { ...machineClocks, now: () => clock.now, sleep };
  const server = await startServer(config, clocks, createLog(env.LOG_LEVEL ?? 'debug', sink));
  let running = true;
  const stop = async () => {
    if (running) await server.stop();
    running = false;
  };
  atEnd(stop);
  return {
    url: `http://127.0.0.1:${port}`,
    config,
    dataDir: config.dataDir,
    clock,
    logs: () => lines.join(''),
    stop,
    settled: server.settled,
    sweep: server.sweep,
    async restart(change = {}) {
      await stop();
      return launch({ ...env, PORT: port, ...change }, clock, lines);
    },
  };
}
