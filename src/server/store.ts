import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Encryption } from '../store/encryption.ts';
import { openRedisStore } from '../store/redis/store.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import type { Store } from '../store/store.ts';
import type { Clocks } from '../tokens/custody.ts';

/**
 * Where this installation keeps its files. Invented people and real ones never share a place: a sandbox session must
 * open nothing after going live.
 */
export function dataDirOf({ dataDir, withings }: Config): string {
  return withings.sandbox ? join(dataDir, 'sandbox') : dataDir;
}

/** What this program is called in a Redis that it shares with others; apart for invented people. */
export function redisTagOf({ withings }: Config): string {
  return withings.sandbox ? 'withings-connect-sandbox' : 'withings-connect';
}

/** Opens the store that the settings name, and says in a line what it promises. */
export async function openStore(
  config: Config,
  encryption: Encryption,
  { now, monotonic }: Pick<Clocks, 'now' | 'monotonic'>,
): Promise<{ store: Store; durability: string }> {
  if (config.redisUrl !== null) {
    return openRedisStore({ url: config.redisUrl, encryption, now, tag: redisTagOf(config) });
  }
  const dataDir = dataDirOf(config);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const store = openSqliteStore(join(dataDir, 'connect.db'), encryption, monotonic);
  return { store, durability: 'one file: every change is on disk before it is used' };
}
