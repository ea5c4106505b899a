import type { OpenTotals } from '../connections.ts';
import type { Encryption } from '../encryption.ts';
import { otherThanKnown } from '../store.ts';
import { postgresCallCounts } from './call-counts.ts';
import { createClient, schemaFor } from './client.ts';
import { postgresConnections } from './connections.ts';
import { postgresRateLimit } from './rate-limit.ts';

const ANSWER_WITHIN_MS = 10_000;

/**
 * Opens a store in PostgreSQL without writing to it.
 *
 * @throws PostgresError when it cannot be reached
 * @throws Error with words for the operator when another version of this program wrote it
 */
export async function openPostgresTotals(
  url: string,
  tag: string,
  encryption: Encryption,
): Promise<OpenTotals> {
  const db = createClient({ url, schema: schemaFor(tag), timeoutMs: ANSWER_WITHIN_MS, connections: 1 });
  try {
    const [row] = await db.rows<{ value: string }>("SELECT value FROM @meta WHERE name = 'version'");
    const words = otherThanKnown('The database', Number(row?.value));
    if (words !== null) throw new Error(words);
  } catch (error) {
    db.close();
    throw error;
  }
  const parts = { db, encryption, clock: () => null, announce: () => {} };
  return {
    countConnections: postgresConnections(parts).countConnections,
    async countOldTokens(now) {
      const [row] = await db.rows<{ n: number }>('SELECT count(*) AS n FROM @due WHERE renew_at <= $1', now);
      return row?.n ?? 0;
    },
    readCallCounts: postgresCallCounts(parts).readCallCounts,
    readCalls: postgresRateLimit(parts).readCalls,
    close: () => db.close(),
  };
}
