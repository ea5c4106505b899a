import type { Issuer } from '../../withings/clouds.ts';
import type { Encryption } from '../encryption.ts';
import { checkRenamed, renameGrant } from '../renaming.ts';
import { newStoreKey, openStoreKey, type StoreKey } from '../store-key.ts';
import type { Db } from './database.ts';

/** The key of this store, made if it has none yet. Within a transaction. */
export function sqliteStoreKey(db: Db, encryption: Encryption): StoreKey {
  db.run("INSERT OR IGNORE INTO meta VALUES ('key', ?)", newStoreKey(encryption));
  const sealed = String(db.get("SELECT value FROM meta WHERE name = 'key'")?.value);
  return openStoreKey(sealed, encryption, (again) =>
    db.run("UPDATE meta SET value = ? WHERE name = 'key'", again),
  );
}

/** The part of a schema step that needs the keys: names that nobody can guess, and bound sessions. */
export function renameAll(db: Db, encryption: Encryption, present: Issuer): void {
  db.run('UPDATE copying SET writing = 1'); // this is no change of what is being copied
  const key = sqliteStoreKey(db, encryption);
  const grants = db.all<{ id: string; sealed: string }>('SELECT id, sealed FROM grants');
  const renamed = grants.map((grant) => renameGrant(grant, key, encryption, present));
  checkRenamed(renamed);
  for (const [i, { id, sealed, issuer, person }] of renamed.entries()) {
    const old = String(grants[i]?.id);
    db.run('UPDATE grants SET id = ?, sealed = ? WHERE id = ?', id, sealed, old);
    db.run('UPDATE subscriptions SET grant_id = ? WHERE grant_id = ?', id, old);
    db.run('UPDATE sessions SET grant_id = ? WHERE grant_id = ?', id, old);
    db.run('INSERT INTO people (id, issuer, person) VALUES (?, ?, ?)', id, issuer, person);
  }
  const sessions = db.all<{ key: string; grant_id: string; ends_at: number }>(
    'SELECT key, grant_id, ends_at FROM sessions WHERE grant_id IS NOT NULL',
  );
  for (const { key: old, grant_id, ends_at } of sessions) {
    const name = key.sessionNameOf(old);
    const bound = key.bind(name, grant_id, ends_at);
    db.run('UPDATE sessions SET key = ?, bound = ? WHERE key = ?', name, bound, old);
  }
  db.run('UPDATE copying SET writing = 0');
}
