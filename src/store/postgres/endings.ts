import { ENDINGS_KEPT_MS, type Ending, type EndingStore, readEndingRow } from '../endings.ts';
import type { Sql } from './client.ts';
import type { PostgresParts } from './store.ts';

export function postgresEndings({ db }: PostgresParts): EndingStore {
  return {
    async readEnding(key, now) {
      const [row] = await db.rows(READ_ENDING, now, LAPSED, key, now - ENDINGS_KEPT_MS);
      return row ? readEndingRow(row) : null;
    },
  };
}

/** What `removeExpired` calls it: the row knows better. */
export const LAPSED = 'session-idle';

/** Of browsers' sessions. $1 is now, $2 why a session has ended that had not lapsed. */
const ENDING = `key, CASE WHEN idle_until > $1 THEN $2::text WHEN idle_until < ends_at THEN 'session-idle' ELSE 'session-max' END
  AS why, least(idle_until, $1) AS at, visited_at, grant_id, NULL AS outcome FROM @sessions WHERE visited_at IS NOT NULL`;

/** And a key, the oldest that is remembered. */
const READ_ENDING = `SELECT e.*, p.issuer FROM (
  SELECT key, why, at, visited_at, grant_id, outcome FROM @endings WHERE key = $3 AND at > $4
  UNION ALL SELECT ${ENDING} AND key = $3 AND idle_until <= $1
) e LEFT JOIN @people p ON p.id = e.grant_id`;

/** Within the transaction that ends these sessions, before it does. */
export async function remember(
  sql: Sql,
  by: 'key' | 'grant_id',
  which: readonly string[],
  why: Ending['why'],
  now: number,
): Promise<void> {
  await sql.run(
    `INSERT INTO @endings (key, why, at, visited_at, grant_id, outcome) SELECT ${ENDING} AND ${by} = ANY($3)
     ON CONFLICT (key) DO UPDATE SET why = excluded.why, at = excluded.at, visited_at = excluded.visited_at,
       grant_id = excluded.grant_id, outcome = excluded.outcome`,
    ...[now, why],
    which,
  );
}

/** Those too old. */
export const FORGET_ENDINGS =
  'DELETE FROM @endings WHERE key IN (SELECT key FROM @endings WHERE at <= $1 LIMIT $2)';
