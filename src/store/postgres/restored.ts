import { markedWords } from '../copy/mark.ts';
import type { RestorableStore, RestoredStore } from '../restored.ts';
import { createClient, type Sql, schemaFor } from './client.ts';
import { unfit } from './errors.ts';
import { readPostgresMark } from './mark.ts';
import { whoRuns } from './pubsub.ts';
import { hasSchema, migrate, readStoreKey } from './schema.ts';
import type { PostgresOptions, PostgresParts } from './store.ts';

export function postgresRestored({ db }: Pick<PostgresParts, 'db'>): RestoredStore {
  return {
    heldSince: () => heldSince(db),
    async listRestored(issuer, after, limit) {
      const rows = await db.rows<{ id: string }>(LIST_RESTORED, issuer, after, limit);
      return rows.map(({ id }) => id);
    },
  };
}

/**
 * Opens a store that PostgreSQL's own tools have put back.
 *
 * @throws PostgresError; code `POSTGRES_UNFIT`, with words for the operator, when the app must not use it, or does so now
 */
export async function openPostgresRestored({
  url,
  tag,
  encryption,
}: Pick<PostgresOptions, 'url' | 'tag' | 'encryption'>): Promise<RestorableStore> {
  const schema = schemaFor(tag);
  const db = createClient({ url, schema, timeoutMs: 60_000, connections: 1 });
  try {
    if (!(await hasSchema(db, schema))) throw unfit('There is no store of ours in this database.');
    const mark = await readPostgresMark(db);
    if (mark !== null) throw unfit(markedWords(mark));
    await migrate(db, schema);
    await readStoreKey(db, encryption);
  } catch (error) {
    db.close();
    throw error;
  }
  return {
    heldSince: () => heldSince(db),
    hold: (at) =>
      db.transaction(async (sql) => {
        if (await whoRuns(sql, schema))
          throw unfit('A running program uses this store: stop every one of them first.');
        await sql.run(HOLD, String(at));
        await sql.run('INSERT INTO @restored SELECT id FROM @grants ON CONFLICT DO NOTHING');
        return countRestored(sql);
      }),
    release: () =>
      db.transaction(async (sql) => {
        await sql.run("DELETE FROM @meta WHERE name = 'held_since'");
        return countRestored(sql);
      }),
    close: () => db.close(),
  };
}

export async function heldSince(sql: Sql): Promise<number | null> {
  const [row] = await sql.rows<{ value: string }>("SELECT value FROM @meta WHERE name = 'held_since'");
  return row ? Number(row.value) : null;
}

async function countRestored(sql: Sql): Promise<number> {
  const [row] = await sql.rows<{ n: number }>('SELECT count(*) AS n FROM @restored');
  return row?.n ?? 0;
}

const HOLD = `INSERT INTO @meta VALUES ('held_since', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`;

/** issuer, after, limit. */
const LIST_RESTORED = `SELECT r.grant_id AS id FROM @restored r JOIN @people p ON p.id = r.grant_id
  WHERE p.issuer = $1 AND r.grant_id > $2 ORDER BY r.grant_id LIMIT $3`;
