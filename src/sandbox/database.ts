import { join } from 'node:path';
import Database from 'libsql';
import { schema } from './schema.ts';

export type Value = string | number | null;

/** The one way to the file. libsql ends the process on values it does not know and cuts text at a NUL: see #bind. */
export class Db {
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement<[Value[]]>>();

  constructor(path: string) {
    this.#db = new Database(path);
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;');
    this.#db.exec(schema);
  }

  /** Runs a change; answers how many rows it touched. */
  run(sql: string, ...values: Value[]): number {
    return this.#statement(sql).run(this.#bind(values)).changes;
  }

  get<Row extends object>(sql: string, ...values: Value[]): Row | undefined {
    const row = this.#statement(sql).get(this.#bind(values));
    return row ? plainRow<Row>(row) : undefined;
  }

  all<Row extends object>(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql)
      .all(this.#bind(values))
      .map((row) => plainRow<Row>(row));
  }

  /** All of it or none of it. Not for nesting. */
  atomically<Result>(work: () => Result): Result {
    return this.#db.transaction(work).immediate();
  }

  close(): void {
    if (!this.#db.open) return;
    this.#statements.clear();
    this.#db.close();
  }

  #statement(sql: string): Database.Statement<[Value[]]> {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare<[Value[]]>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #bind(values: Value[]): Value[] {
    for (const value of values) {
      if (value === null || Number.isFinite(value)) continue;
      if (typeof value === 'string' && !value.includes('\0')) continue;
      throw new TypeError('Only text without NUL, finite numbers and null can be stored.');
    }
    return values;
  }
}

/** Opens (and makes, if need be) `sandbox.db` in a folder; `:memory:` keeps nothing. */
export function openDatabase(dataDir: string): Db {
  return new Db(dataDir === ':memory:' ? dataDir : join(dataDir, 'sandbox.db'));
}

/** libsql hangs a `_metadata` on every row; and it is the caller who knows the columns it asked for. */
function plainRow<Row extends object>(row: unknown): Row {
  const { _metadata, ...columns } = row as Row & { _metadata?: unknown };
  return columns as unknown as Row;
}
