import { createHash } from 'node:crypto';
import pg from 'pg';
import { createTimeouts } from '../timeout.ts';
import {
  DISK_FULL,
  explained,
  inDoubt,
  isOfTheServer,
  mayGoWellAgain,
  PostgresError,
  TOO_MANY_CONNECTIONS,
  tooLate,
  unfit,
} from './errors.ts';
import { createQueue } from './queue.ts';

/** Text without NUL, numbers, texts in a list, and what is written as JSON. */
export type Value = string | number | boolean | null | readonly string[];

/** `@name` in a statement is a table of ours. It is the caller who knows the columns of a row. */
export interface Sql {
  rows<Columns extends object>(sql: string, ...values: Value[]): Promise<Columns[]>;
  /** How many rows a change touched. */
  run(sql: string, ...values: Value[]): Promise<number>;
}

/** A pool of connections on which nothing hangs: what is not answered in time has failed. */
export interface Postgres extends Sql {
  /** READ COMMITTED. `work` is done again from its beginning where the server had to roll it back for another. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Statements are prepared once a connection; behind a pooler that hands them out anew each time they are not. */
  prepareStatements(): void;
  close(): void;
}

export interface ClientOptions {
  url: string;
  /** Sets this program's tables apart from others in the same database. */
  schema: string;
  /** How long one statement may take, milliseconds. */
  timeoutMs: number;
  connections?: number;
  /** Hears of each write that failed for want of room. */
  onDiskFull?: () => void;
}

/** A server that is gone is found out so fast. */
const CONNECT_WITHIN_MS = 1500;
const CONNECTIONS = 10;
const MAX_TRIES = 5;

/**
 * Opens no connection yet: the first statement does.
 *
 * @throws PostgresError from each method; what was sent may still take effect when the server wakes up
 */
export function createClient(options: ClientOptions): Postgres {
  const { url, schema, timeoutMs, connections = CONNECTIONS, onDiskFull = () => {} } = options;
  const timeouts = createTimeouts();
  const queue = createQueue(connections);
  const texts = new Map<string, { text: string; name: string }>();
  /** Connections on which PostgreSQL has warned of something: a commit that a standby may not have is answered like any other. */
  const warned = new WeakSet<pg.ClientBase>();
  const parked: (() => void)[] = [];
  let inUse = 0;
  let isPrepared = false;
  const pool = new pg.Pool({
    ...connectionTo(url),
    max: connections,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    idleTimeoutMillis: 60_000,
    async onConnect(client: pg.ClientBase) {
      client.on('error', () => {}); // also between two statements of a transaction, where nobody waits for an answer
      await prepareSession(client, timeoutMs);
      client.on('notice', ({ severity }) => {
        if (severity === 'WARNING') warned.add(client);
      });
    },
  });
  pool.on('error', () => {}); // each call says so itself

  function statement(sql: string) {
    const known = texts.get(sql);
    if (known) return known;
    const text = sql.replace(/@([a-z_]+)/g, `"${schema}".$1`);
    const made = { text, name: createHash('sha1').update(text).digest('base64url') };
    texts.set(sql, made);
    return made;
  }

  function sqlOn(client: pg.PoolClient): Sql {
    async function ask(sql: string, values: Value[]) {
      const { text, name } = statement(sql);
      const query = client.query({ text, values, ...(isPrepared ? { name } : {}) });
      query.catch(() => {}); // it may end long after anybody waits for it
      warned.delete(client);
      const result = await timeouts.for(query, timeoutMs, tooLate).catch((error) => {
        throw explained(error);
      });
      if (warned.has(client)) throw inDoubt();
      return result;
    }
    return {
      rows: async <Columns extends object>(sql: string, ...values: Value[]) =>
        (await ask(sql, values)).rows as Columns[],
      run: async (sql, ...values) => (await ask(sql, values)).rowCount ?? 0,
    };
  }

  /** Where the server gives us no more connections, those that we have go round. */
  async function connect(): Promise<pg.PoolClient> {
    try {
      return await pool.connect(); // throws at once where it cannot read a file that the address names
    } catch (cause) {
      const error = explained(cause);
      if (error.sqlState === '') queue.fail(error); // nobody answers there
      if (error.sqlState !== TOO_MANY_CONNECTIONS || inUse + pool.idleCount === 0) throw error;
    }
    if (pool.idleCount === 0) await new Promise<void>((resume) => void parked.push(resume));
    return connect();
  }

  /** A connection that may be out of step, or leads to a server that was left, is not given to anybody again. */
  async function withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    await queue.enter();
    try {
      const client = await connect();
      inUse += 1;
      let isOver = false;
      try {
        return await work(client);
      } catch (error) {
        isOver = isOfTheServer(error);
        if (error instanceof PostgresError && error.sqlState === DISK_FULL) onDiskFull();
        throw error;
      } finally {
        client.release(isOver);
        inUse -= 1;
        for (const tryAgain of parked.splice(0)) tryAgain();
      }
    } finally {
      queue.leave();
    }
  }

  async function once<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return withClient(async (client) => {
      const sql = sqlOn(client);
      await sql.run('BEGIN');
      try {
        const result = await work(sql);
        await sql.run('COMMIT');
        return result;
      } catch (error) {
        if (!isOfTheServer(error)) await sql.run('ROLLBACK');
        throw error;
      }
    });
  }

  return {
    rows: (sql, ...values) => withClient((client) => sqlOn(client).rows(sql, ...values)),
    run: (sql, ...values) => withClient((client) => sqlOn(client).run(sql, ...values)),
    async transaction(work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await once(work);
        } catch (error) {
          if (tries === MAX_TRIES || !mayGoWellAgain(error)) throw error;
        }
      }
    },
    prepareStatements() {
      isPrepared = true;
    },
    close: () => void pool.end().catch(() => {}),
  };
}

/**
 * What `pg` needs to connect: a time of 64 bits is a number here. Who asks for TLS in any way gets a certificate
 * verified, as in `pg` 8, which warns that its next version will believe every one.
 */
export function connectionTo(url: string): pg.ClientConfig {
  return {
    connectionString: url.replace(/(?<=[?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, 'verify-full'),
    application_name: 'withings-connect',
    keepAlive: true,
    types: {
      getTypeParser: (oid, format) =>
        oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
    },
  };
}

/** `off` is a default that somebody may have given the role: a change would be answered before it is on the disk. */
async function prepareSession(client: pg.ClientBase, timeoutMs: number): Promise<void> {
  const givenUpMs = 5 * timeoutMs; // nobody has waited for it for long: what it holds is let go
  const settings = {
    statement_timeout: givenUpMs,
    lock_timeout: givenUpMs,
    idle_in_transaction_session_timeout: givenUpMs,
  };
  const { rows } = await client.query(
    `SELECT pg_is_in_recovery() AS "isStandby", set_config('synchronous_commit', CASE current_setting('synchronous_commit')
       WHEN 'off' THEN 'on' WHEN 'local' THEN 'on' ELSE current_setting('synchronous_commit') END, false)
       ${Object.entries(settings)
         .map(([name, ms]) => `, set_config('${name}', '${ms}', false)`)
         .join('')}, (${KEEP_SESSION})`,
  );
  if (rows[0]?.isStandby) throw unfit('DATABASE_URL leads to a standby: it must be the primary.');
}

/** Limits of a role's, where this version has them, that would end connections which are in order. */
export const KEEP_SESSION = `SELECT count(set_config(name, '0', false)) FROM pg_settings
  WHERE name IN ('idle_session_timeout', 'transaction_timeout')`;

/** The schema of a program's tables. */
export function schemaFor(tag: string): string {
  return tag.replaceAll('-', '_');
}
