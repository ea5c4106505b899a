import type { Encryption } from '../encryption.ts';
import { newerThanKnown } from '../store.ts';
import { newStoreKey, openStoreKey, type StoreKey } from '../store-key.ts';
import type { Postgres, Sql } from './client.ts';
import { unfit } from './errors.ts';

/** The version with which this store began: its first step makes everything. */
const FIRST_VERSION = 7;

/**
 * See STORE_VERSION. Durable are `meta` to `restored`; the rest is UNLOGGED: a server that crashed starts without it. Most
 * writes change a grant, and touch no index: `due` is apart, and pages of `grants` have room for the next version of a
 * row (HOT).
 */
const STEPS: string[] = [
  `CREATE TABLE @copying (one int PRIMARY KEY CHECK (one = 1), mark text NOT NULL);
  CREATE TABLE @grants (
    id text COLLATE "C" PRIMARY KEY, write_id text NOT NULL, sealed text NOT NULL,
    lease_until bigint NOT NULL DEFAULT 0, lease_ms bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
  CREATE TABLE @due (
    grant_id text COLLATE "C" PRIMARY KEY REFERENCES @grants ON DELETE CASCADE, due_at bigint, renew_at bigint
  );
  CREATE INDEX grants_due ON @due (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX grants_to_renew ON @due (renew_at) WHERE renew_at IS NOT NULL;
  CREATE TABLE @sessions (
    key text COLLATE "C" PRIMARY KEY, grant_id text COLLATE "C" NOT NULL, data text NOT NULL,
    idle_until bigint NOT NULL, ends_at bigint NOT NULL, bound text NOT NULL, visited_at bigint
  ) WITH (fillfactor = 90);
  CREATE INDEX sessions_by_grant ON @sessions (grant_id, idle_until);
  CREATE INDEX sessions_by_end ON @sessions (idle_until);
  CREATE TABLE @attempts (
    id text COLLATE "C" PRIMARY KEY, answer text NOT NULL, result text, expires_at bigint NOT NULL
  );
  CREATE INDEX attempts_by_end ON @attempts (expires_at);
  CREATE TABLE @subscriptions (
    grant_id text COLLATE "C" PRIMARY KEY REFERENCES @grants ON DELETE CASCADE, state text,
    due_at bigint NOT NULL DEFAULT 0, news_at bigint NOT NULL DEFAULT 0, news jsonb NOT NULL DEFAULT '{}'
  );
  CREATE INDEX subscriptions_due ON @subscriptions (due_at);
  CREATE TABLE @people (
    id text COLLATE "C" PRIMARY KEY, issuer text NOT NULL, person text NOT NULL, since bigint NOT NULL DEFAULT 0,
    tries int NOT NULL DEFAULT 0, due_at bigint, sending_until bigint NOT NULL DEFAULT 0
  );
  CREATE INDEX people_due ON @people (due_at) WHERE due_at IS NOT NULL;
  CREATE TABLE @endings (
    key text COLLATE "C" PRIMARY KEY, why text NOT NULL, at bigint NOT NULL, visited_at bigint NOT NULL,
    grant_id text, outcome text
  );
  CREATE INDEX endings_by_grant ON @endings (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX endings_by_age ON @endings (at);
  CREATE TABLE @restored (grant_id text COLLATE "C" PRIMARY KEY REFERENCES @grants ON DELETE CASCADE);
  CREATE UNLOGGED TABLE @timezones (
    grant_id text COLLATE "C" PRIMARY KEY REFERENCES @grants ON DELETE CASCADE, zone text NOT NULL
  );
  CREATE UNLOGGED TABLE @calls (
    id text PRIMARY KEY, priority text NOT NULL, calls int NOT NULL, lent int NOT NULL, person text,
    process text NOT NULL, since float8 NOT NULL, until float8 NOT NULL
  );
  CREATE UNLOGGED TABLE @places (
    person text NOT NULL, priority text NOT NULL, calls int NOT NULL, since float8 NOT NULL, due_at float8 NOT NULL,
    PRIMARY KEY (person, priority)
  );
  CREATE UNLOGGED TABLE @borrowing (priority text PRIMARY KEY, since float8 NOT NULL);
  CREATE UNLOGGED TABLE @call_counts (hour bigint PRIMARY KEY, calls int NOT NULL, busy int NOT NULL);
  CREATE UNLOGGED TABLE @messages (
    id text PRIMARY KEY, message text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp()
  );`,
  // Filled by classifyAll, and apart as well: it seldom changes.
  `CREATE TABLE @connections (
    grant_id text COLLATE "C" PRIMARY KEY REFERENCES @grants ON DELETE CASCADE, state text NOT NULL, demo boolean NOT NULL,
    key text NOT NULL, open_since bigint
  );
  CREATE INDEX connections_by_state ON @connections (state, demo, key, grant_id);
  CREATE INDEX connections_open ON @connections (open_since) WHERE open_since IS NOT NULL;`,
];

/**
 * Makes the tables, or brings them to the present version, one step for each number, whoever else tries to at once.
 *
 * @throws PostgresError, code `POSTGRES_UNFIT`, when a newer version of this program wrote them
 */
export async function migrate(db: Postgres, schema: string): Promise<void> {
  await db.transaction(async (sql) => {
    await sql.rows('SELECT pg_advisory_xact_lock(hashtextextended($1, 1))', schema);
    if (!(await hasSchema(sql, schema))) await begin(sql, schema);
    for (let version = await versionOf(sql); ; version += 1) {
      const step = STEPS[version - FIRST_VERSION + 1];
      if (step === undefined) return requireTables(sql, schema);
      await sql.run(step);
      await sql.run("UPDATE @meta SET value = $1 WHERE name = 'version'", String(version + 1));
    }
  });
}

/** A store that was put back in part would be ready, and serve nobody. */
export async function requireTables(sql: Sql, schema: string): Promise<void> {
  const all = STEPS.join().matchAll(/CREATE (?:UNLOGGED )?TABLE @(\w+)/g);
  const missing = await sql.rows<{ name: string }>(
    `SELECT name FROM unnest($2::text[]) AS name
     WHERE name NOT IN (SELECT tablename::text FROM pg_tables WHERE schemaname = $1) ORDER BY name`,
    schema,
    [...all].map(([, name = '']) => name),
  );
  const names = missing.map(({ name }) => name).join(', ');
  if (names !== '') throw unfit(`The store lacks tables (${names}): put a backup of it back whole.`);
}

/** Whether a program of ours has made its tables. */
export async function hasSchema(sql: Sql, schema: string): Promise<boolean> {
  const found = await sql.rows(
    "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'meta'",
    schema,
  );
  return found.length > 0;
}

async function begin(sql: Sql, schema: string): Promise<void> {
  const there = await sql.rows('SELECT 1 FROM pg_namespace WHERE nspname = $1', schema);
  if (there.length === 0) await sql.run(`CREATE SCHEMA "${schema}"`); // a role without CREATE may be given the schema
  await sql.run('CREATE TABLE @meta (name text PRIMARY KEY, value text NOT NULL)');
  await sql.run("INSERT INTO @meta VALUES ('version', $1)", String(FIRST_VERSION - 1));
}

async function versionOf(sql: Sql): Promise<number> {
  const [row] = await sql.rows<{ value: string }>("SELECT value FROM @meta WHERE name = 'version'");
  const version = Number(row?.value);
  const words = newerThanKnown('The database', version);
  if (words !== null) throw unfit(words);
  return version;
}

/**
 * The key of this store, made if it has none yet.
 *
 * @throws PostgresError, code `POSTGRES_UNFIT`: instances under different secrets would take each other's records for damaged
 */
export async function readStoreKey(db: Postgres, encryption: Encryption): Promise<StoreKey> {
  const row = ['key', newStoreKey(encryption)];
  await db.run('INSERT INTO @meta VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', ...row);
  const [found] = await db.rows<{ value: string }>("SELECT value FROM @meta WHERE name = 'key'");
  const sealed = String(found?.value);
  let newest = sealed;
  const key = openedKey(sealed, encryption, (again) => {
    newest = again;
  });
  if (newest !== sealed) await db.run("UPDATE @meta SET value = $1 WHERE name = 'key'", newest);
  return key;
}

function openedKey(sealed: string, encryption: Encryption, onResealed: (sealed: string) => void): StoreKey {
  try {
    return openStoreKey(sealed, encryption, onResealed);
  } catch (error) {
    throw unfit((error as Error).message);
  }
}
