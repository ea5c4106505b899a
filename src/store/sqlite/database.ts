import Database from 'libsql';

/** What libsql may be handed. Buffers, booleans and undefined end the whole process inside its native part. */
type Value = string | number | null;

export type Row = Record<string, unknown>;

/** The few words of SQLite that the store speaks, with types that keep dangerous values out. */
export interface Db {
  run(sql: string, ...values: Value[]): { changes: number };
  get(sql: string, ...values: Value[]): Row | undefined;
  all(sql: string, ...values: Value[]): Row[];
  /** BEGIN IMMEDIATE: the write lock is taken at once, so that what was read stays true until the commit. */
  transaction<T>(work: () => T): T;
  close(): void;
}

function open(file: string) {
  try {
    return new Database(file, { timeout: LOCK_WAIT_MS });
  } catch {
    throw Object.assign(new Error(`cannot open ${file}`), { code: 'SQLITE_CANTOPEN' }); // libsql gives no code here
  }
}

/** The longest wait for another process' write, which stands still for everybody in this one. */
const LOCK_WAIT_MS = 1000;

/** Opens (or makes) the database file. Durable on return of every write: WAL with a full sync. */
export function openDatabase(file: string, schema: string): Db {
  const native = open(file);
  native.pragma('journal_mode = WAL');
  native.pragma('synchronous = FULL');
  native.pragma(`busy_timeout = ${LOCK_WAIT_MS}`);
  native.pragma('secure_delete = ON'); // what is erased is overwritten on the disk
  native.exec(schema);

  const statements = new Map<string, ReturnType<typeof native.prepare>>();
  function prepared(sql: string) {
    const known = statements.get(sql) ?? native.prepare(sql);
    statements.set(sql, known);
    return known;
  }

  return {
    run: (sql, ...values) => ({ changes: prepared(sql).run(...values).changes }),
    get: (sql, ...values) => prepared(sql).get(...values) as Row | undefined,
    all: (sql, ...values) => prepared(sql).all(...values) as Row[],
    transaction: (work) => native.transaction(work).immediate(),
    close: () => {
      native.pragma('wal_checkpoint(TRUNCATE)'); // a copy of the one file is then a whole backup
      native.close();
    },
  };
}
