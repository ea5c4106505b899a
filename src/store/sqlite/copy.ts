import { BATCH, type Batch, type CopyableStore, type Kind, readBatch } from '../copy/contract.ts';
import { type CopyMark, FROZEN, lostMark, readMark, writeMark } from '../copy/mark.ts';
import { ENDINGS_KEPT_MS } from '../endings.ts';
import type { Db } from './database.ts';
import { classColumns } from './grants.ts';
import { heldSince } from './restored.ts';
import { type Opening, openStoreFile } from './schema.ts';

/** Opens the embedded store, or makes it, whatever mark it has. */
export function openSqliteCopy(file: string, opening: Opening): CopyableStore {
  const db = openStoreFile(file, opening);

  function* pages(kind: Kind, key: string, sql: string, now: number): Generator<Batch> {
    for (let last = ''; ; ) {
      const rows = db.all(`${sql} ORDER BY ${key} LIMIT ?3`, last, now, BATCH);
      if (rows.length === 0) return;
      yield readBatch(kind, rows);
      last = String(rows.at(-1)?.[key]);
    }
  }

  return {
    heldSince: async () => heldSince(db),
    readMark: async () => readSqliteMark(db),
    swapMark: async (from, to) => swapSqliteMark(db, from, to),
    async *records(now) {
      for (const [kind, key, sql] of TABLES) yield* pages(kind, key, sql, now);
    },
    async put(mark, { kind, rows }) {
      writeMarked(db, mark, () => {
        for (const stored of rows) {
          const row = { ...stored, ...('sealed' in stored ? classColumns(stored, opening.encryption) : {}) };
          const columns = Object.keys(row);
          const places = columns.map(() => '?');
          db.run(`INSERT OR REPLACE INTO ${kind} (${columns}) VALUES (${places})`, ...Object.values(row));
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
  ['meta', 'name', 'SELECT * FROM meta WHERE name > ?1'],
  ['grants', 'id', 'SELECT * FROM grants WHERE id > ?1'],
  [
    'subscriptions',
    'grant_id',
    `SELECT g.id AS grant_id, s.state, s.due_at, news_at
     FROM grants g LEFT JOIN subscriptions s ON s.grant_id = g.id WHERE g.id > ?1`,
  ],
  ['sessions', 'key', 'SELECT * FROM sessions WHERE key > ?1 AND +idle_until > ?2'],
  ['people', 'id', 'SELECT * FROM people WHERE id > ?1'],
  ['endings', 'key', `SELECT * FROM endings WHERE key > ?1 AND +at > ?2 - ${ENDINGS_KEPT_MS}`],
  ['restored', 'grant_id', 'SELECT * FROM restored WHERE grant_id > ?1'],
];

export function readSqliteMark(db: Pick<Db, 'get'>): CopyMark | null {
  const text = textOf(db);
  return text === null ? null : readMark(text);
}

/**
 * Compare-and-set. With the mark come triggers that stop every write, also of those who have the file open: `writing`
 * is 1 only within a transaction of the copy, so that nobody else ever sees it so.
 */
function swapSqliteMark(db: Db, from: CopyMark | null, to: CopyMark | null): boolean {
  return db.transaction(() => {
    if (!holds(db, from)) return false;
    for (const { name } of db.all<{ name: string }>(TABLE_NAMES)) {
      for (const change of ['INSERT', 'UPDATE', 'DELETE']) setTrigger(db, name, change, to !== null);
    }
    if (to === null) db.run('DELETE FROM copying');
    else db.run('INSERT OR REPLACE INTO copying (one, mark) VALUES (1, ?)', writeMark(to));
    return true;
  });
}

/**
 * What the copy itself writes, in one transaction.
 *
 * @throws Error when the store does not have this mark
 */
function writeMarked(db: Db, mark: CopyMark, work: () => void): void {
  db.transaction(() => {
    if (!holds(db, mark)) throw lostMark();
    db.run('UPDATE copying SET writing = 1');
    work();
    db.run('UPDATE copying SET writing = 0');
  });
}

/** @throws Error when the store has a mark: for what is written beside it */
export function refuseMarked(db: Db): void {
  if (textOf(db) !== null) throw Object.assign(new Error(FROZEN), { code: 'SQLITE_FROZEN' });
}

const TABLE_NAMES = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'copying'`;

function holds(db: Db, mark: CopyMark | null): boolean {
  return textOf(db) === (mark && writeMark(mark));
}

function textOf(db: Pick<Db, 'get'>): string | null {
  return db.get<{ mark: string }>('SELECT mark FROM copying')?.mark ?? null;
}

function setTrigger(db: Db, table: string, change: string, on: boolean): void {
  const name = `frozen_${table}_${change}`;
  if (!on) return void db.run(`DROP TRIGGER IF EXISTS ${name}`);
  db.run(
    `CREATE TRIGGER IF NOT EXISTS ${name} BEFORE ${change} ON ${table} WHEN (SELECT writing FROM copying) = 0
     BEGIN SELECT RAISE(ABORT, '${FROZEN}'); END`,
  );
}
