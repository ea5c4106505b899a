import { MAX_AHEAD_MS, type RateLimitStore } from '../store.ts';
import { refuseMarked } from './copy.ts';
import type { Db } from './database.ts';

/** @param unsynced a host that crashed has made no calls since */
export function sqliteRateLimit(db: Db, unsynced: Db, hostClock: () => number): RateLimitStore {
  return {
    async takeCall(bucket, spacingMs, atOnce) {
      refuseMarked(db);
      return unsynced.transaction(() => {
        const now = hostClock();
        const stored = Number(
          unsynced.get('SELECT next FROM rate_limit WHERE bucket = ?', bucket)?.next ?? 0,
        );
        const next = stored < now || stored > now + MAX_AHEAD_MS ? now : stored;
        const wait = next - now - (atOnce - 1) * spacingMs;
        if (wait > 0) return Math.ceil(wait);
        unsynced.run('INSERT OR REPLACE INTO rate_limit VALUES (?, ?)', bucket, next + spacingMs);
        return 0;
      });
    },
  };
}
