import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';

/** What may be stored. Buffers, booleans and undefined end the whole process inside libsql; a NUL cuts its text. */
export type Value = string | number | null;

export type Row = Record<string, unknown>;

/** The few words of SQLite that this program speaks. It is the caller who knows the columns of a row. */
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
}

/** The longest wait for another process' write, which stands still for everybody in this one. */
const LOCK_WAIT_MS = 1000;

/**
 * Opens (or makes) a database file, in WAL mode; `:memory:` keeps nothing.
 *
 * @param synchronous `FULL`: a change is on disk when its call returns. `NORMAL`: it outlives this process, and a crash
 * of the host may cost the last ones
 */
export function openDatabase(file: string, synchronous: 'FULL' | 'NORMAL'): Db {
  const native = open(file);
  native.pragma('journal_mode = WAL');
  native.pragma(`synchronous = ${synchronous}`);
  native.pragma(`busy_timeout = ${LOCK_WAIT_MS}`);
  native.pragma('secure_delete = ON'); // what is erased is overwritten on the disk

  const statements = new Map<string, ReturnType<typeof native.prepare>>();
  function prepared(sql: string) {
    const known = statements.get(sql) ?? native.prepare(sql);
    statements.set(sql, known);
    return known;
  }

  return {
    exec: (sql) => void native.exec(sql),
    run: (sql, ...values) => prepared(sql).run(checked(values)).changes,
    get<Columns extends object>(sql: string, ...values: Value[]) {
      const row = prepared(sql).get(checked(values));
      return row ? columnsOf<Columns>(row) : undefined;
    },
    all: <Columns extends object>(sql: string, ...values: Value[]) =>
      prepared(sql)
        .all(checked(values))
        .map((row) => columnsOf<Columns>(row)),
    transaction: (work) => native.transaction(work).immediate(),
    close() {
      if (!native.open) return;
      native.pragma('wal_checkpoint(TRUNCATE)'); // a copy of the one file is then a whole backup
      native.close();
    },
  };
}

/** @param name a path, or a URI of SQLite's */
function open(name: string) {
  try {
    return new Database(name, { timeout: LOCK_WAIT_MS });
  } catch {
    throw Object.assign(new Error(`cannot open ${name}`), { code: 'SQLITE_CANTOPEN' }); // libsql gives no code here
  }
}

/** Types end where text from outside begins: the sandbox stores some. */
function checked(values: Value[]): Value[] {
  for (const value of values) {
    if (value === null || Number.isFinite(value)) continue;
    if (typeof value === 'string' && !value.includes('\0')) continue;
    throw new TypeError('Only text without NUL, finite numbers and null can be stored.');
  }
  return values;
}

/** libsql hangs a `_metadata` on every row. */
function columnsOf<Columns extends object>(row: unknown): Columns {
  const { _metadata, ...columns } = row as Columns & { _metadata?: unknown };
  return columns as unknown as Columns;
}

/** The file's `user_version`, read without writing anything, not even what a crash left in its WAL; 0: no file. */
export function readUserVersion(file: string): number {
  if (!existsSync(file)) return 0;
  const native = open(`${pathToFileURL(file).href}?mode=ro`);
  const [row] = native.pragma('user_version') as { user_version: number }[];
  native.close();
  return Number(row?.user_version);
}
