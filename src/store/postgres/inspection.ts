import type { InspectedStore } from '../inspection.ts';
import { STORE_VERSION } from '../store.ts';
import { createClient, schemaFor } from './client.ts';
import { readDurability } from './durability.ts';
import { readPostgresMark } from './mark.ts';
import { heldSince } from './restored.ts';
import { hasSchema, requireTables } from './schema.ts';

const ANSWER_WITHIN_MS = 5000;

export interface InspectedPostgres extends InspectedStore {
  /** @throws PostgresError for a server that the app must not use */
  readDurability(): Promise<string>;
}

/** Connects with the first question; each throws PostgresError. */
export function inspectPostgres(url: string, tag: string): InspectedPostgres {
  const schema = schemaFor(tag);
  const db = createClient({ url, schema, timeoutMs: ANSWER_WITHIN_MS, connections: 1 });
  async function readMeta(name: string): Promise<string | null> {
    const [row] = await db.rows<{ value: string }>('SELECT value FROM @meta WHERE name = $1', name);
    return row?.value ?? null;
  }
  return {
    async readVersion() {
      if (!(await hasSchema(db, schema))) return 0;
      const version = Number(await readMeta('version'));
      if (version === STORE_VERSION) await requireTables(db, schema);
      return version;
    },
    readMark: () => readPostgresMark(db),
    heldSince: () => heldSince(db),
    readKey: () => readMeta('key'),
    probe: () =>
      db.transaction(async (sql) => {
        await sql.run("INSERT INTO @attempts (id, answer, expires_at) VALUES ('doctor', '', 0)");
        await sql.run("DELETE FROM @attempts WHERE id = 'doctor'");
      }),
    readDurability: () => readDurability(db, false),
    close: () => db.close(),
  };
}
