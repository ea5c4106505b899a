import { readZone, type TimezoneStore } from '../timezones.ts';
import { refuseMarked } from './copy.ts';
import type { Db } from './database.ts';
import { readWriteId } from './grants.ts';

/** @param unsynced has them; they end in sqliteOutbox, which hears of every grant that has ended, and in sqliteExpiry */
export function sqliteTimezones(db: Db, unsynced: Db): TimezoneStore {
  return {
    async readTimezone(grantId) {
      return readZone(unsynced.get('SELECT zone FROM timezones WHERE grant_id = ?', grantId)?.zone);
    },

    async writeTimezone(grantId, zone) {
      refuseMarked(db);
      if (readWriteId(db, grantId) === null) return false;
      unsynced.run('INSERT OR REPLACE INTO timezones VALUES (?, ?)', grantId, zone);
      return true;
    },
  };
}

/** Checks the next `limit` of them and removes those whose grant is gone. Returns where to go on; '' at the end. */
export function removeTimezones(db: Db, unsynced: Db, after: string, limit: number): string {
  const ids = unsynced
    .all('SELECT grant_id FROM timezones WHERE grant_id > ? ORDER BY grant_id LIMIT ?', after, limit)
    .map((row) => String(row.grant_id));
  for (const id of ids) if (readWriteId(db, id) === null) forgetTimezone(unsynced, id);
  return ids.length === limit ? String(ids.at(-1)) : '';
}

export function forgetTimezone(unsynced: Db, grantId: string): void {
  unsynced.run('DELETE FROM timezones WHERE grant_id = ?', grantId);
}
