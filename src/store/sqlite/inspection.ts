import { existsSync, statSync } from 'node:fs';
import type { InspectedStore } from '../inspection.ts';
import { readSqliteMark } from './copy.ts';
import { type Db, openDatabase, openForReading, readUserVersion } from './database.ts';
import { heldSince } from './restored.ts';

/** Writes a row and removes it again. Within a transaction. */
export function probe(db: Db): void {
  db.run("INSERT INTO attempts (id, answer, expires_at) VALUES ('probe', '', 0)");
  db.run("DELETE FROM attempts WHERE id = 'probe'");
}

/** Null: nothing is there. SQLite itself looks no closer where it asks whether a file was moved (SQLITE_FCNTL_HAS_MOVED). */
export function inodeOf(file: string): bigint | null {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}

export const MOVED_ADVICE =
  'what this program writes goes with it. Stop it only after docs/operations.md, "Alive and ready"';

/** Reads only, but for the probe; that one leaves the WAL to the program that has the file open. */
export function inspectSqlite(file: string): InspectedStore {
  const db = existsSync(file) ? openForReading(file) : null;
  return {
    readVersion: async () => (db ? readUserVersion(file) : 0),
    readMark: async () => db && readSqliteMark(db),
    heldSince: async () => db && heldSince(db),
    async readKey() {
      const row = db?.get<{ value: string }>("SELECT value FROM meta WHERE name = 'key'");
      return row?.value ?? null;
    },
    async probe() {
      const writer = openDatabase(file, 'FULL');
      try {
        writer.exec('PRAGMA wal_autocheckpoint = 0');
        writer.transaction(() => probe(writer));
      } finally {
        writer.leave();
      }
    },
    close: () => db?.close(),
  };
}
