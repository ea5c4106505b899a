import { boundSessions } from '../bound-sessions.ts';
import { markedWords } from '../copy/mark.ts';
import type { Encryption } from '../encryption.ts';
import type { OpeningOptions, Store } from '../store.ts';
import type { StoreKey } from '../store-key.ts';
import { sqliteAttempts } from './attempts.ts';
import { sqliteCallCounts } from './call-counts.ts';
import { sqliteConnections } from './connections.ts';
import { readSqliteMark } from './copy.ts';
import type { Db } from './database.ts';
import { sqliteEndings } from './endings.ts';
import { sqliteGrants } from './grants.ts';
import { inodeOf, MOVED_ADVICE, probe } from './inspection.ts';
import { sqliteOutbox } from './outbox.ts';
import { sqliteRateLimit } from './rate-limit.ts';
import { sqliteStoreKey } from './renaming.ts';
import { sqliteRestored } from './restored.ts';
import { openStoreFile, openUnsyncedFile } from './schema.ts';
import { sqliteExpiry, sqliteSessions } from './sessions.ts';
import { sqliteSubscriptions } from './subscriptions.ts';
import { sqliteTimezones } from './timezones.ts';

/**
 * The embedded store: one SQLite file, safe for several processes of one host; beside it another for what may be lost.
 *
 * @param hostClock milliseconds of a clock that all processes of this host share and that never steps
 * @throws Error with words for the operator when it is being copied, or was, or a newer version wrote it
 */
export function openSqliteStore(
  file: string,
  encryption: Encryption,
  hostClock: () => number,
  { issuer = 'eu', onForged = () => {} }: OpeningOptions = {},
): Store {
  const db = openStoreFile(file, { encryption, issuer });
  const mark = readSqliteMark(db);
  if (mark) {
    db.close();
    throw new Error(markedWords(mark));
  }
  const key = openKey(db, encryption);
  const unsynced = openUnsyncedFile(file);
  const opened = inodeOf(file);
  return {
    encryption,
    ...boundSessions(
      { ...sqliteSessions(db, encryption, key, hostClock), ...sqliteEndings(db) },
      key,
      onForged,
    ),
    ...sqliteGrants(db, encryption, key, hostClock),
    ...sqliteOutbox(db, unsynced, key),
    ...sqliteRestored(db),
    ...sqliteAttempts(db, unsynced),
    ...sqliteSubscriptions(db),
    ...sqliteTimezones(db, unsynced),
    ...sqliteRateLimit(db, unsynced, hostClock),
    ...sqliteCallCounts(unsynced),
    ...sqliteExpiry(db, unsynced),
    ...sqliteConnections(db, encryption, hostClock),
    pubsub: null,
    async probe() {
      if (inodeOf(file) !== opened) throw new Error(`${file} was removed or replaced: ${MOVED_ADVICE}`);
      for (const each of [db, unsynced]) each.transaction(() => probe(each));
    },
    close() {
      db.close();
      unsynced.close();
    },
  };
}

function openKey(db: Db, encryption: Encryption): StoreKey {
  try {
    return db.transaction(() => sqliteStoreKey(db, encryption));
  } catch (error) {
    db.close();
    throw error;
  }
}
