import { EXPIRED_KNOWN_MS } from '../attempts.ts';
import type { Store } from '../store.ts';
import type { Db } from './database.ts';
import { endSession } from './sessions.ts';

export function sqliteExpiry(db: Db): Pick<Store, 'removeExpired'> {
  let lastChecked = '';
  return {
    async removeExpired(now, limit) {
      return db.transaction(() => {
        const sessions = db.all('SELECT key FROM sessions WHERE idle_until <= ? LIMIT ?', now, limit);
        for (const { key } of sessions) endSession(db, String(key));
        const attempts = db.run(
          'DELETE FROM attempts WHERE state IN (SELECT state FROM attempts WHERE expires_at <= ? LIMIT ?)',
          now - EXPIRED_KNOWN_MS,
          limit,
        );
        lastChecked = removeUnowned(db, lastChecked, limit);
        return sessions.length === limit || attempts === limit;
      });
    },
  };
}

/** Checks the next `limit` grants and removes those without a session. Returns where to go on; '' at the end. */
function removeUnowned(db: Db, after: string, limit: number): string {
  const grants = db.all(
    `SELECT id, EXISTS (SELECT 1 FROM sessions WHERE grant_id = grants.id) AS owned
     FROM grants WHERE id > ? ORDER BY id LIMIT ?`,
    after,
    limit,
  );
  for (const { id, owned } of grants) if (owned === 0) db.run('DELETE FROM grants WHERE id = ?', String(id));
  return grants.length === limit ? String(grants.at(-1)?.id) : '';
}
