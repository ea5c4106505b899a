import { MAX_AHEAD_MS, type RateLimitStore } from '../store.ts';
import type { Db } from './database.ts';

export function sqliteRateLimit(db: Db, hostClock: () => number): RateLimitStore {
  return {
    async takeCall(spacingMs, atOnce) {
      return db.transaction(() => {
        const now = hostClock();
        const stored = Number(db.get('SELECT next FROM rate_limit')?.next ?? 0);
        const next = stored < now || stored > now + MAX_AHEAD_MS ? now : stored;
        const wait = next - now - (atOnce - 1) * spacingMs;
        if (wait > 0) return Math.ceil(wait);
        db.run(
          'INSERT INTO rate_limit VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET next = excluded.next',
          next + spacingMs,
        );
        return 0;
      });
    },
  };
}
