import type { Store } from '../store.ts';
import type { Db } from './database.ts';

export const RATE_LIMIT_SCHEMA = `
  CREATE TABLE IF NOT EXISTS pace (one INTEGER PRIMARY KEY CHECK (one = 1), next REAL NOT NULL) WITHOUT ROWID;
`;

/** No call is ever due later; a record that says so is from before the host was started anew. */
const AT_MOST_AHEAD_MS = 60_000;

/** The line of calls to Withings, for all processes of this host. */
export function sqliteRateLimit(db: Db, hostClock: () => number): Pick<Store, 'takeCall'> {
  return {
    async takeCall(spacingMs, atOnce) {
      return db.transaction(() => {
        const now = hostClock();
        const kept = Number(db.get('SELECT next FROM pace')?.next ?? 0);
        const next = kept < now || kept > now + AT_MOST_AHEAD_MS ? now : kept;
        const wait = next - now - (atOnce - 1) * spacingMs;
        if (wait > 0) return Math.ceil(wait);
        db.run(
          'INSERT INTO pace VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET next = excluded.next',
          next + spacingMs,
        );
        return 0;
      });
    },
  };
}
