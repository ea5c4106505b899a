import { type CallCount, type CallCountStore, COUNTS_KEPT_MS, hourOf } from '../call-counts.ts';
import type { Sql } from './client.ts';
import type { PostgresParts } from './store.ts';

export function postgresCallCounts({ db }: PostgresParts): CallCountStore {
  return {
    readCallCounts: () => db.rows<CallCount>('SELECT hour, calls, busy FROM @call_counts ORDER BY hour'),
  };
}

/** Within a transaction of the rate limit. */
export async function countInHour(sql: Sql, calls: number, busy: number, at: number): Promise<void> {
  const [row] = await sql.rows<{ calls: number }>(
    `INSERT INTO @call_counts AS c (hour, calls, busy) VALUES ($1, $2, $3)
     ON CONFLICT (hour) DO UPDATE SET calls = c.calls + excluded.calls, busy = c.busy + excluded.busy
     RETURNING calls`,
    ...[hourOf(at), calls, busy],
  );
  if (row?.calls === calls)
    await sql.run('DELETE FROM @call_counts WHERE hour < $1', hourOf(at) - COUNTS_KEPT_MS);
}
