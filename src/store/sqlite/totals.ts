import { existsSync } from 'node:fs';
import type { OpenTotals } from '../connections.ts';
import type { Encryption } from '../encryption.ts';
import { otherThanKnown } from '../store.ts';
import { sqliteCallCounts } from './call-counts.ts';
import { sqliteConnections } from './connections.ts';
import { openForReading, readUserVersion } from './database.ts';
import { countCalls } from './rate-limit.ts';
import { unsyncedFile } from './schema.ts';

/**
 * Opens the file of a store without writing to it, nor to its WAL.
 *
 * @param hostClock as in openSqliteStore
 * @throws Error with words for the operator when another version of this program wrote it
 */
export function openSqliteTotals(file: string, encryption: Encryption, hostClock: () => number): OpenTotals {
  const words = otherThanKnown(file, readUserVersion(file));
  if (words !== null) throw new Error(words);
  const db = openForReading(file);
  const beside = unsyncedFile(file);
  const unsynced = existsSync(beside) ? openForReading(beside) : null;
  return {
    countConnections: sqliteConnections(db, encryption, hostClock).countConnections,
    async countOldTokens(now) {
      const row = db.get<{ n: number }>('SELECT COUNT(*) AS n FROM grants WHERE renew_at <= ?', now);
      return row?.n ?? 0;
    },
    readCallCounts: async () => (unsynced ? sqliteCallCounts(unsynced).readCallCounts() : []),
    readCalls: async () => (unsynced ? countCalls(unsynced, hostClock()) : 0),
    close() {
      db.close();
      unsynced?.close();
    },
  };
}
