import { existsSync } from 'node:fs';
import type { OpenTotals } from './connections.ts';
import type { Encryption } from './encryption.ts';
import { storeFile } from './sqlite/schema.ts';

export interface StorePlace {
  dataDir: string;
  redisUrl: string | null;
  databaseUrl: string | null;
  storeTag: string;
}

/**
 * Opens the store of an installation beside the app, or without it, and writes nothing.
 *
 * @param hostClock as in openSqliteStore
 * @throws Error with words for the operator when there is none, or one of another version
 */
export async function openTotals(
  { dataDir, redisUrl, databaseUrl, storeTag }: StorePlace,
  encryption: Encryption,
  hostClock: () => number,
): Promise<OpenTotals> {
  if (redisUrl !== null) {
    const { openRedisTotals } = await import('./redis/totals.ts');
    return openRedisTotals(redisUrl, storeTag, encryption);
  }
  if (databaseUrl !== null) {
    const { openPostgresTotals } = await import('./postgres/totals.ts');
    return openPostgresTotals(databaseUrl, storeTag, encryption);
  }
  const file = storeFile(dataDir);
  if (!existsSync(file)) throw new Error(`There is no store at ${file}.`);
  const { openSqliteTotals } = await import('./sqlite/totals.ts');
  return openSqliteTotals(file, encryption, hostClock);
}
