import { createRequire } from 'node:module';

/** A connection to one file, in what both engines have in common. */
export interface Connection {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  isTransaction(): boolean;
  close(): void;
}

export interface Statement {
  run(...values: unknown[]): { changes: number | bigint };
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
}

export interface Engine {
  /** SQLite's own, such as `3.53.4`. */
  version: string;
  /** False where a write of several processes may be lost (SQLite's WAL-reset fault). */
  isForSeveralProcesses: boolean;
  /** @param name a path, or a URI of SQLite's */
  open(name: string): Connection;
}

/** Where the engines come from: handed in, so that a test can be without. */
export interface EngineSources {
  /** Undefined where this Node has no such module. */
  builtin(name: string): unknown;
  /** Throws where no such package is installed. */
  require(name: string): unknown;
}

/** The first without the WAL-reset fault (https://sqlite.org/wal.html#walresetbug). */
const SOUND = 3_051_003;

const SOURCES: EngineSources = {
  builtin: (name) => withoutWarning(() => process.getBuiltinModule(name)),
  require: createRequire(import.meta.url),
};

/**
 * Node's own SQLite where it is sound, else the package `libsql`, which nothing else loads.
 *
 * @throws Error with words for the operator when there is neither
 */
export function findEngine({ builtin, require }: EngineSources = SOURCES): Engine {
  const module = builtin('node:sqlite') as NodeSqlite | undefined;
  const own = module && engine((name) => openNode(module, name));
  if (own?.isForSeveralProcesses) return own;
  try {
    const Database = require('libsql') as Libsql;
    return engine((name) => openLibsql(Database, name));
  } catch (cause) {
    const has = own ? `SQLite ${own.version}` : 'no SQLite of its own';
    throw new Error(
      `DATA_DIR: nothing to open the embedded store with. This Node (${process.version}) has ${has}; take the newest of ` +
        'Node 22, 24 or 26, or install the package libsql beside it (npm ci --include=optional).',
      { cause },
    );
  }
}

function engine(open: Engine['open']): Engine {
  const db = open(':memory:');
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  db.close();
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return { version, isForSeveralProcesses: major * 1_000_000 + minor * 1000 + patch >= SOUND, open };
}

interface NodeSqlite {
  DatabaseSync: new (name: string) => Omit<Connection, 'isTransaction'> & { isTransaction: boolean };
}

function openNode({ DatabaseSync }: NodeSqlite, name: string): Connection {
  const db = new DatabaseSync(name);
  return {
    exec: (sql) => db.exec(sql),
    prepare: (sql) => db.prepare(sql),
    isTransaction: () => db.isTransaction,
    close: () => db.close(),
  };
}

interface Libsql {
  new (
    name: string,
  ): {
    exec(sql: string): void;
    prepare(sql: string): {
      run(values: unknown[]): { changes: number };
      get(values: unknown[]): unknown;
      all(values: unknown[]): unknown[];
    };
    inTransaction: boolean;
    close(): void;
  };
}

function openLibsql(Database: Libsql, name: string): Connection {
  const db = new Database(name);
  return {
    exec: (sql) => db.exec(sql),
    prepare(sql) {
      const statement = db.prepare(sql);
      return {
        run: (...values) => statement.run(values),
        get: (...values) => withoutMetadata(statement.get(values)),
        all: (...values) => statement.all(values).map(withoutMetadata),
      };
    },
    isTransaction: () => db.inTransaction,
    close: () => db.close(),
  };
}

/** libsql hangs a `_metadata` on every row. */
function withoutMetadata(row: unknown): unknown {
  if (!row) return undefined;
  const { _metadata, ...columns } = row as { _metadata?: unknown };
  return columns;
}

/** Node 22 calls its SQLite experimental, on every start; what is used of it is tried on each Node line. */
function withoutWarning<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
