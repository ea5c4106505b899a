import { BATCH, type CopyableStore } from '../copy/copyable.ts';
import { type Batch, type Kind, readBatch } from '../copy/records.ts';
import { readSqliteMark, swapSqliteMark, writeMarked } from './mark.ts';
import { openStoreFile } from './schema.ts';

/** Opens the embedded store, or makes it, whatever mark it has. */
export function openSqliteCopy(file: string): CopyableStore {
  const db = openStoreFile(file);

  function* pages(kind: Kind, key: string, sql: string, now: number): Generator<Batch> {
    for (let last = ''; ; ) {
      const rows = db.all(`${sql} ORDER BY ${key} LIMIT ?3`, last, now, BATCH);
      if (rows.length === 0) return;
      yield readBatch(kind, rows);
      last = String(rows.at(-1)?.[key]);
    }
  }

  return {
    readMark: async () => readSqliteMark(db),
    swapMark: async (from, to) => swapSqliteMark(db, from, to),
    async *records(now) {
      for (const [kind, key, sql] of TABLES) yield* pages(kind, key, sql, now);
    },
    async put(mark, { kind, rows }) {
      writeMarked(db, mark, () => {
        for (const row of rows) {
          const columns = Object.keys(row);
          const places = columns.map(() => '?');
          db.run(`INSERT INTO ${kind} (${columns}) VALUES (${places})`, ...Object.values(row));
        }
      });
    },
    async clear(mark) {
      writeMarked(db, mark, () => {
        for (const [table] of TABLES) db.run(`DELETE FROM ${table}`);
      });
    },
    sync: async () => true, // every commit is
    close: () => db.close(),
  };
}

/** ?1 is the last key of the page before, ?2 is now; the + keeps any other index out. */
const TABLES: [Kind, key: string, sql: string][] = [
  ['grants', 'id', 'SELECT * FROM grants WHERE id > ?1'],
  [
    'subscriptions',
    'grant_id',
    `SELECT g.id AS grant_id, state, s.due_at, news_at
     FROM grants g LEFT JOIN subscriptions s ON s.grant_id = g.id WHERE g.id > ?1`,
  ],
  ['sessions', 'key', 'SELECT * FROM sessions WHERE key > ?1 AND +idle_until > ?2'],
  ['attempts', 'state', 'SELECT * FROM attempts WHERE state > ?1 AND +expires_at > ?2'],
];
