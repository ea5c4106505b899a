import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Connection, type Engine, findEngine, type Statement } from './engine.ts';

/** What may be stored. Buffers, booleans and undefined end the whole process inside libsql; a NUL cuts its text. */
export type Value = string | number | null;

export type Row = Record<string, unknown>;

/**
 * The few words of SQLite that this program speaks. It is the caller who knows the columns of a row. What SQLite refuses
 * is thrown with the name of its primary result code as `code`, such as `SQLITE_BUSY` (https://sqlite.org/rescode.html).
 */
export interface Db {
  /** Runs statements that have no values. */
  exec(sql: string): void;
  /** Runs a change; returns how many rows it touched. */
  run(sql: string, ...values: Value[]): number;
  get<Columns extends object = Row>(sql: string, ...values: Value[]): Columns | undefined;
  all<Columns extends object = Row>(sql: string, ...values: Value[]): Columns[];
  /** BEGIN IMMEDIATE: the write lock is taken at once, so that what was read stays true until the commit. Not for nesting. */
  transaction<T>(work: () => T): T;
  /** May be called twice. */
  close(): void;
  /** Closes it beside a program that has it open as well, and leaves the WAL to that one. */
  leave(): void;
}

/** The longest wait for another process' write, which stands still for everybody in this one. */
const LOCK_WAIT_MS = 1000;

let found: Engine | undefined;

/** What this process opens every file with. */
export function sqliteEngine(): Engine {
  found ??= findEngine();
  return found;
}

/**
 * Opens (or makes) a database file, in WAL mode; `:memory:` keeps nothing.
 *
 * @param synchronous `FULL`: a change is on disk when its call returns. `NORMAL`: it outlives this process, and a crash
 * of the host may cost the last ones
 */
export function openDatabase(file: string, synchronous: 'FULL' | 'NORMAL', engine = sqliteEngine()): Db {
  const native = open(file, engine);
  const exec = (sql: string) => coded(() => native.exec(sql));
  exec('PRAGMA journal_mode = WAL');
  exec(`PRAGMA synchronous = ${synchronous}`);
  exec('PRAGMA secure_delete = ON'); // what is erased is overwritten on the disk

  let isOpen = true;
  const statements = new Map<string, Statement>();
  function prepared(sql: string): Statement {
    const known = statements.get(sql) ?? native.prepare(sql);
    statements.set(sql, known);
    return known;
  }

  function leave(): void {
    if (!isOpen) return;
    isOpen = false;
    statements.clear();
    native.close();
  }

  return {
    exec,
    run: (sql, ...values) => coded(() => Number(prepared(sql).run(...checked(values)).changes)),
    get: <Columns>(sql: string, ...values: Value[]) =>
      coded(() => prepared(sql).get(...checked(values)) as Columns | undefined),
    all: <Columns>(sql: string, ...values: Value[]) =>
      coded(() => prepared(sql).all(...checked(values)) as Columns[]),
    transaction(work) {
      exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        exec('COMMIT');
        return result;
      } catch (error) {
        if (native.isTransaction()) exec('ROLLBACK'); // a full disk has done it already
        throw error;
      }
    },
    close() {
      if (!isOpen) return;
      exec('PRAGMA wal_checkpoint(TRUNCATE)'); // a copy of the one file is then a whole backup
      leave();
    },
    leave,
  };
}

/** @param name a path, or a URI of SQLite's */
function open(name: string, engine: Engine): Connection {
  try {
    const native = engine.open(name);
    native.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
    return native;
  } catch (cause) {
    throw Object.assign(new Error(`cannot open ${name}`, { cause }), { code: 'SQLITE_CANTOPEN' }); // libsql gives no code here
  }
}

/**
 * Types end where text from outside begins: the sandbox stores some. A whole number that JavaScript does not hold
 * exactly would come back as an error.
 */
function checked(values: Value[]): Value[] {
  for (const value of values) {
    if (value === null) continue;
    if (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER) continue;
    if (typeof value === 'string' && !value.includes('\0')) continue;
    throw new TypeError('Only text without NUL, finite numbers and null can be stored.');
  }
  return values;
}

/** By number (https://sqlite.org/rescode.html). */
const RESULT_CODES =
  `OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL
  CANTOPEN PROTOCOL EMPTY SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB`.split(
    /\s+/,
  );

/** The engines number what SQLite refuses in fields of their own; the last byte is the primary code. */
function coded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { errcode, rawCode } = error as { errcode?: number; rawCode?: number };
    const name = RESULT_CODES[(errcode ?? rawCode ?? 0) & 0xff];
    throw name && name !== 'OK' ? Object.assign(error as Error, { code: `SQLITE_${name}` }) : error;
  }
}

export type Reader = Pick<Db, 'get' | 'all' | 'close'>;

/** Opens a file that is there. Nothing is written, not even what a crash left in its WAL, and nothing checkpointed. */
export function openForReading(file: string): Reader {
  const native = open(`${pathToFileURL(file).href}?mode=ro`, sqliteEngine());
  return {
    get: <Columns>(sql: string, ...values: Value[]) =>
      coded(() => native.prepare(sql).get(...checked(values)) as Columns | undefined),
    all: <Columns>(sql: string, ...values: Value[]) =>
      coded(() => native.prepare(sql).all(...checked(values)) as Columns[]),
    close: () => native.close(),
  };
}

/** The file's `user_version`; 0: no file. */
export function readUserVersion(file: string): number {
  if (!existsSync(file)) return 0;
  const db = openForReading(file);
  try {
    return Number(db.get<{ user_version: number }>('PRAGMA user_version')?.user_version);
  } finally {
    db.close();
  }
}

/**
 * Writes what is committed in a file at this moment to another one, which is empty. The file is opened for reading only:
 * its WAL stays as it is, and whoever writes to it goes on.
 */
export function copyDatabase(file: string, to: string): void {
  const native = open(`${pathToFileURL(file).href}?mode=ro`, sqliteEngine());
  try {
    coded(() => native.prepare('VACUUM INTO ?').run(to));
  } finally {
    native.close();
  }
}
