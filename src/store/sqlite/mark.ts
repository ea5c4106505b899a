import { type CopyMark, FROZEN, lostMark, readMark, writeMark } from '../copy/mark.ts';
import type { Db } from './database.ts';

export function readSqliteMark(db: Db): CopyMark | null {
  const text = textOf(db);
  return text === null ? null : readMark(text);
}

/**
 * Compare-and-set. With the mark come triggers that stop every write, also of those who have the file open: `writing`
 * is 1 only within a transaction of the copy, so that nobody else ever sees it so.
 */
export function swapSqliteMark(db: Db, from: CopyMark | null, to: CopyMark | null): boolean {
  return db.transaction(() => {
    if (!holds(db, from)) return false;
    for (const { name } of db.all<{ name: string }>(TABLES)) {
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
export function writeMarked(db: Db, mark: CopyMark, work: () => void): void {
  db.transaction(() => {
    if (!holds(db, mark)) throw lostMark();
    db.run('UPDATE copying SET writing = 1');
    work();
    db.run('UPDATE copying SET writing = 0');
  });
}

const TABLES = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'copying'`;

function holds(db: Db, mark: CopyMark | null): boolean {
  return textOf(db) === (mark && writeMark(mark));
}

function textOf(db: Db): string | null {
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
