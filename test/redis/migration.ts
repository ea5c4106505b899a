import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';
import { createClient } from '@redis/client';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { atEnd, tempDir } from '../support/machine.ts';

const PROGRAM = resolve(import.meta.dirname, '../../dist/commands/migrate-store.js');

export const SECRET = 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ';

export interface Migration {
  /** Resolves when it has written that. */
  says(words: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it, and everything that it wrote. */
  ended: Promise<{ code: number | string; output: string }>;
}

interface Call {
  args?: string[];
  env?: Record<string, string>;
}

/** The built program as a process of its own, with the settings of this app and this Redis. */
export function startMigration(
  app: TestApp,
  url: string,
  { args = ['DATA_DIR', 'REDIS_URL'], env = {} }: Call = {},
): Migration {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: tempDir(),
    env: {
      PATH: process.env.PATH,
      DATA_DIR: dirname(app.dataDir),
      SESSION_SECRET: SECRET,
      REDIS_URL: url,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close').then(([code, signal]) => ({ code: code ?? signal, output }));
  return {
    async says(words) {
      while (!output.includes(words)) {
        const over = await Promise.race([once(child.stdout, 'data'), ended.then(() => true as const)]);
        if (over === true && !output.includes(words)) throw new Error(`It ended without ${words}: ${output}`);
      }
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** From start to end, without a hitch. */
export async function migrated(app: TestApp, url: string, call: Call = {}): Promise<string> {
  const { code, output } = await startMigration(app, url, call).ended;
  if (code !== 0) throw new Error(`It ended with ${code}: ${output}`);
  return output;
}

/** The app on the embedded store, at the time that it is: the program that copies it has no other clock. */
export function startEmbedded(): Promise<TestApp> {
  return startApp({ REDIS_URL: '', DATABASE_URL: '', SESSION_SECRET: SECRET }, { now: Date.now() });
}

/** The SQLite file of the app, by another hand. */
export function fileOf(app: TestApp) {
  const db = openDatabase(join(app.dataDir, 'connect.db'), 'NORMAL');
  atEnd(db.close);
  return db;
}

/** So many more browsers on one of its connections: a copy that takes long enough to be stopped on the way. */
export function crowd(app: TestApp, browsers: number): void {
  const db = fileOf(app);
  db.run(
    `INSERT INTO sessions (key, grant_id, data, idle_until, ends_at, bound, visited_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     SELECT 'crowd-' || i, grant_id, data, idle_until, ends_at, bound, visited_at
     FROM n, (SELECT * FROM sessions ORDER BY key LIMIT 1)`,
    browsers,
  );
}

/** Speaks to Redis as an operator does. */
export async function operator(url: string) {
  const client = createClient({ url, RESP: 2 });
  client.on('error', () => {}); // each question fails for itself
  await client.connect();
  atEnd(() => client.destroy());
  const ask = (...words: string[]) => client.sendCommand<unknown>(words);
  return {
    ask,
    /** The names that match, in order. */
    names: async (pattern: string) => ((await ask('KEYS', pattern)) as string[]).sort(),
  };
}
