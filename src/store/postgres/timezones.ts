import { readZone, type TimezoneStore } from '../timezones.ts';
import type { PostgresParts } from './store.ts';

export function postgresTimezones({ db, announce }: PostgresParts): TimezoneStore {
  return {
    async readTimezone(grantId) {
      const [row] = await db.rows<{ zone: string }>(
        'SELECT zone FROM @timezones WHERE grant_id = $1',
        grantId,
      );
      return readZone(row?.zone);
    },

    async writeTimezone(grantId, zone) {
      const changed = await db.run(
        `INSERT INTO @timezones (grant_id, zone) SELECT id, $2 FROM @grants WHERE id = $1
         ON CONFLICT (grant_id) DO UPDATE SET zone = excluded.zone`,
        ...[grantId, zone],
      );
      if (changed === 1) announce(grantId);
      return changed === 1;
    },
  };
}
