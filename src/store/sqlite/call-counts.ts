import { type CallCount, type CallCountStore, COUNTS_KEPT_MS, hourOf } from '../call-counts.ts';
import type { Db, Reader } from './database.ts';

export function sqliteCallCounts(unsynced: Reader): CallCountStore {
  return {
    readCallCounts: async () =>
      unsynced.all<CallCount>('SELECT hour, calls, busy FROM call_counts ORDER BY hour'),
  };
}

/** Within a transaction of the line. */
export function countInHour(unsynced: Db, calls: number, busy: number, at: number): void {
  const changed = unsynced.run(
    'UPDATE call_counts SET calls = calls + ?, busy = busy + ? WHERE hour = ?',
    calls,
    busy,
    hourOf(at),
  );
  if (changed > 0) return;
  unsynced.run('INSERT INTO call_counts VALUES (?, ?, ?)', hourOf(at), calls, busy);
  unsynced.run('DELETE FROM call_counts WHERE hour < ?', hourOf(at) - COUNTS_KEPT_MS);
}
