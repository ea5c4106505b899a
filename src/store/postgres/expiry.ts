import { SPENT_KNOWN_MS } from '../attempts.ts';
import { ENDINGS_KEPT_MS } from '../endings.ts';
import type { Store } from '../store.ts';
import type { Sql } from './client.ts';
import { FORGET_ENDINGS, LAPSED, remember } from './endings.ts';
import { eraseUnowned, lockGrants } from './grants.ts';
import { endSessions } from './sessions.ts';
import type { PostgresParts } from './store.ts';

export function postgresExpiry({ db, announce }: PostgresParts): Pick<Store, 'removeExpired'> {
  let lastChecked = '';
  return {
    async removeExpired(now, limit) {
      const over = await db.rows<Expired>(
        'SELECT key, grant_id FROM @sessions WHERE idle_until <= $1 ORDER BY idle_until LIMIT $2',
        ...[now, limit],
      );
      const ended = await db.transaction((sql) => endExpired(sql, now, over));
      for (const id of ended) announce(id);
      const attempts = await db.run(FORGET_ATTEMPTS, now - SPENT_KNOWN_MS, limit);
      const endings = await db.run(FORGET_ENDINGS, now - ENDINGS_KEPT_MS, limit);
      await db.run("DELETE FROM @messages WHERE at < clock_timestamp() - interval '1 minute'");
      lastChecked = await db.transaction((sql) => removeUnowned(sql, lastChecked, limit));
      return [over.length, attempts, endings].includes(limit);
    },
  };
}

interface Expired {
  key: string;
  grant_id: string;
}

/** A visit may have moved the limit since it was read. */
async function endExpired(sql: Sql, now: number, over: Expired[]): Promise<string[]> {
  if (over.length === 0) return [];
  await lockGrants(sql, [...new Set(over.map(({ grant_id }) => grant_id))]); // before sessions, as everybody does
  const still = await sql.rows<{ key: string }>(
    'SELECT key FROM @sessions WHERE key = ANY($1) AND idle_until <= $2 FOR UPDATE SKIP LOCKED',
    over.map(({ key }) => key),
    now,
  );
  const keys = still.map(({ key }) => key);
  await remember(sql, 'key', keys, LAPSED, now);
  return endSessions(sql, keys);
}

const FORGET_ATTEMPTS =
  'DELETE FROM @attempts WHERE id IN (SELECT id FROM @attempts WHERE expires_at <= $1 LIMIT $2)';

/** Checks the next `limit` grants and removes those without a session. Returns where to go on; '' at the end. */
async function removeUnowned(sql: Sql, after: string, limit: number): Promise<string> {
  const grants = await sql.rows<{ id: string; owned: boolean }>(
    `SELECT id, EXISTS (SELECT 1 FROM @sessions WHERE grant_id = g.id) AS owned
     FROM @grants g WHERE id > $1 ORDER BY id LIMIT $2`,
    ...[after, limit],
  );
  const unowned = grants.filter(({ owned }) => !owned).map(({ id }) => id);
  if (unowned.length > 0) {
    await lockGrants(sql, unowned);
    await eraseUnowned(sql, unowned);
  }
  return grants.length === limit ? (grants.at(-1)?.id ?? '') : '';
}
