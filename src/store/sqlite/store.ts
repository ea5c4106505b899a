import type { Encryption } from '../encryption.ts';
import type { Store } from '../store.ts';
import { sqliteAttempts } from './attempts.ts';
import type { Db } from './database.ts';
import { sqliteExpiry } from './expiry.ts';
import { sqliteGrants } from './grants.ts';
import { readMove } from './moved.ts';
import { sqliteRateLimit } from './rate-limit.ts';
import { openStoreFile } from './schema.ts';
import { sqliteSessions } from './sessions.ts';
import { sqliteSubscriptions } from './subscriptions.ts';

/**
 * The embedded store: one SQLite file, safe for several processes of one host.
 *
 * @param hostClock milliseconds of a clock that all processes of this host share and that never steps
 * @throws Error with words for the operator when what it held has moved to Redis, or a newer version wrote it
 */
export function openSqliteStore(file: string, encryption: Encryption, hostClock: () => number): Store {
  const db = openStoreFile(file);
  refuseMoved(db, file);
  return {
    ...sqliteSessions(db, encryption, hostClock),
    ...sqliteGrants(db, encryption, hostClock),
    ...sqliteAttempts(db),
    ...sqliteSubscriptions(db),
    ...sqliteRateLimit(db, hostClock),
    ...sqliteExpiry(db),
    pubsub: null,
    async ping() {
      db.get('SELECT 1 FROM grants LIMIT 1');
    },
    close: () => db.close(),
  };
}

/** Its refresh tokens have been replaced in Redis since: whoever went on with them here would lose them there. */
function refuseMoved(db: Db, file: string): void {
  const at = readMove(db)?.at ?? null;
  if (at === null) return;
  db.close();
  const day = new Date(at).toISOString().slice(0, 10);
  throw new Error(`What ${file} held was moved to Redis on ${day}: set REDIS_URL, or another DATA_DIR.`);
}
