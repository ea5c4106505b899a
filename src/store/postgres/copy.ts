import { BATCH, type Batch, type CopyableStore, type Kind, readBatch } from '../copy/contract.ts';
import { type CopyMark, FROZEN, lostMark, writeMark } from '../copy/mark.ts';
import type { Encryption } from '../encryption.ts';
import { ENDINGS_KEPT_MS } from '../endings.ts';
import { createClient, type Sql } from './client.ts';
import { readDurability } from './durability.ts';
import { FROZEN_STATE } from './errors.ts';
import { readMarkText, readPostgresMark } from './mark.ts';
import { heldSince } from './restored.ts';
import { migrate, readStoreKey } from './schema.ts';

export interface PostgresCopyOptions {
  url: string;
  schema: string;
  encryption: Encryption;
  /** A server that the app must not use may still be copied from. */
  role: 'source' | 'target';
}

/** Nobody waits for a page here, and a run of minutes must not end for one moment of a busy server. */
const TIMEOUT_MS = 60_000;

/** Opens a store in PostgreSQL, or makes it, whatever mark it has. */
export async function openPostgresCopy(options: PostgresCopyOptions): Promise<CopyableStore> {
  const { url, schema, encryption, role } = options;
  const db = createClient({ url, schema, timeoutMs: TIMEOUT_MS, connections: 2 });
  try {
    await migrate(db, schema);
    if (role === 'target') await readDurability(db, false);
    await readStoreKey(db, encryption); // there is one in every store, also where no app was yet
  } catch (error) {
    db.close();
    throw error;
  }

  async function* pages(kind: Kind, key: string, sql: string, now: number): AsyncGenerator<Batch> {
    for (let last = ''; ; ) {
      const rows = await db.rows<Record<string, unknown>>(
        `${sql} ORDER BY 1 LIMIT ${BATCH}`,
        ...(sql.includes('$2') ? [last, now] : [last]),
      );
      if (rows.length === 0) return;
      yield readBatch(kind, rows);
      last = String(rows.at(-1)?.[key]);
    }
  }

  /** What the copy itself writes, in one transaction: the triggers let it through. */
  function marked(mark: CopyMark, work: (sql: Sql) => Promise<void>): Promise<void> {
    return db.transaction(async (sql) => {
      if (!(await holds(sql, mark))) throw lostMark();
      await sql.rows("SELECT set_config('withings_connect.copies', 'on', true)");
      await work(sql);
    });
  }

  return {
    heldSince: () => heldSince(db),
    readMark: () => readPostgresMark(db),
    swapMark: (from, to) => db.transaction((sql) => swapMark(sql, schema, from, to)),
    async *records(now) {
      for (const [kind, key, sql] of TABLES) yield* pages(kind, key, sql, now);
    },
    put: (mark, { kind, rows }) =>
      marked(mark, async (sql) => {
        for (const statement of PUT[kind]) await sql.run(statement, JSON.stringify(rows));
      }),
    clear: (mark) =>
      marked(mark, async (sql) => {
        for (const [table] of TABLES) await sql.run(`DELETE FROM @${table} WHERE ${SOME[table] ?? 'true'}`);
      }),
    sync: async () => true, // every commit is
    close: () => db.close(),
  };
}

/** $1 is the last key of the page before, $2 is now. */
const TABLES: [Kind, key: string, sql: string][] = [
  ['meta', 'name', "SELECT * FROM @meta WHERE name > $1 AND name = 'key'"],
  [
    'grants',
    'id',
    'SELECT g.id, write_id, sealed, d.due_at FROM @grants g LEFT JOIN @due d ON d.grant_id = g.id WHERE g.id > $1',
  ],
  [
    'subscriptions',
    'grant_id',
    `SELECT g.id AS grant_id, state, coalesce(s.due_at, 0) AS due_at, coalesce(news_at, 0) AS news_at
     FROM @grants g LEFT JOIN @subscriptions s ON s.grant_id = g.id WHERE g.id > $1`,
  ],
  ['sessions', 'key', 'SELECT * FROM @sessions WHERE key > $1 AND idle_until > $2'],
  ['people', 'id', 'SELECT * FROM @people WHERE id > $1'],
  ['endings', 'key', `SELECT * FROM @endings WHERE key > $1 AND at > $2::bigint - ${ENDINGS_KEPT_MS}`],
  ['restored', 'grant_id', 'SELECT * FROM @restored WHERE grant_id > $1'],
];

/** What of a table is a record of ours to copy; the rest is this store's own. */
const SOME: Partial<Record<Kind, string>> = { meta: "name = 'key'" };

/** $1: rows as JSON. */
const FROM = 'jsonb_to_recordset($1::jsonb) AS r';
const PUT: Record<Kind, string[]> = {
  meta: [
    `INSERT INTO @meta SELECT name, value FROM ${FROM} (name text, value text)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  ],
  grants: [
    `INSERT INTO @grants (id, write_id, sealed) SELECT id, write_id, sealed
     FROM ${FROM} (id text, write_id text, sealed text)`,
    // How old its tokens are stands in no copy: the sweeper looks at each grant once.
    `INSERT INTO @due (grant_id, due_at, renew_at) SELECT id, due_at, 0 FROM ${FROM} (id text, due_at bigint)`,
  ],
  subscriptions: [
    `INSERT INTO @subscriptions (grant_id, state, due_at, news_at) SELECT grant_id, state, due_at, news_at
     FROM ${FROM} (grant_id text, state text, due_at bigint, news_at bigint)`,
  ],
  sessions: [
    `INSERT INTO @sessions (key, grant_id, data, idle_until, ends_at, bound, visited_at)
     SELECT key, grant_id, data, idle_until, ends_at, bound, visited_at FROM ${FROM}
     (key text, grant_id text, data text, idle_until bigint, ends_at bigint, bound text, visited_at bigint)`,
  ],
  restored: [`INSERT INTO @restored SELECT grant_id FROM ${FROM} (grant_id text)`],
  endings: [
    `INSERT INTO @endings (key, why, at, visited_at, grant_id, outcome)
     SELECT key, why, at, visited_at, grant_id, outcome
     FROM ${FROM} (key text, why text, at bigint, visited_at bigint, grant_id text, outcome text)`,
  ],
  people: [
    `INSERT INTO @people (id, issuer, person, since, tries, due_at) SELECT id, issuer, person, since, tries, due_at
     FROM ${FROM} (id text, issuer text, person text, since bigint, tries int, due_at bigint)`,
  ],
};

/**
 * Compare-and-set. With the mark come triggers that stop every write, also of those who are connected already; making
 * them waits for the writes that are under way.
 */
async function swapMark(
  sql: Sql,
  schema: string,
  from: CopyMark | null,
  to: CopyMark | null,
): Promise<boolean> {
  await sql.run('LOCK TABLE @copying IN EXCLUSIVE MODE');
  if (!(await holds(sql, from))) return false;
  if (from === null && to !== null) await freeze(sql, schema);
  if (from !== null && to === null) await thaw(sql, schema);
  if (to === null) await sql.run('DELETE FROM @copying');
  else await sql.run(SET_MARK, writeMark(to));
  return true;
}

const SET_MARK =
  'INSERT INTO @copying (one, mark) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET mark = excluded.mark';

async function freeze(sql: Sql, schema: string): Promise<void> {
  await sql.run(`CREATE OR REPLACE FUNCTION "${schema}".refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF current_setting('withings_connect.copies', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION '${FROZEN}' USING ERRCODE = '${FROZEN_STATE}';
      END IF;
      RETURN NULL;
    END $$`);
  for (const table of await tables(sql, schema)) {
    await sql.run(`CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "${schema}"."${table}"
      FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".refuse_frozen()`);
  }
}

async function thaw(sql: Sql, schema: string): Promise<void> {
  for (const table of await tables(sql, schema)) {
    await sql.run(`DROP TRIGGER IF EXISTS frozen ON "${schema}"."${table}"`);
  }
}

async function tables(sql: Sql, schema: string): Promise<string[]> {
  const found = await sql.rows<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 AND tablename NOT IN ('copying', 'meta') ORDER BY 1",
    schema,
  );
  return found.map(({ name }) => name);
}

async function holds(sql: Sql, mark: CopyMark | null): Promise<boolean> {
  return (await readMarkText(sql)) === (mark && writeMark(mark));
}
