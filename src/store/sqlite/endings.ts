import { ENDINGS_KEPT_MS, type Ending, type EndingStore, readEndingRow } from '../endings.ts';
import type { RevocationOutcome } from '../outbox.ts';
import type { Db } from './database.ts';

export function sqliteEndings(db: Db): EndingStore {
  return {
    async readEnding(key, now) {
      const row = db.get(
        `SELECT e.*, p.issuer FROM (
           SELECT * FROM endings WHERE key = ?3 AND at > ?4
           UNION ALL SELECT ${ENDING} AND key = ?3 AND idle_until <= ?1
         ) e LEFT JOIN people p ON p.id = e.grant_id`,
        now,
        LAPSED,
        key,
        now - ENDINGS_KEPT_MS,
      );
      return row ? readEndingRow(row) : null;
    },
  };
}

/** What `removeExpired` calls it: the row knows better. */
export const LAPSED = 'session-idle';

/** Of browsers' sessions. ?1 is now, ?2 why a session has ended that had not lapsed. */
const ENDING = `key, CASE WHEN idle_until > ?1 THEN ?2 WHEN idle_until < ends_at THEN 'session-idle' ELSE 'session-max' END
  AS why, MIN(idle_until, ?1) AS at, visited_at, grant_id, NULL AS outcome FROM sessions WHERE visited_at IS NOT NULL`;

/** Within the transaction that ends these sessions, before it does. */
export function remember(
  db: Db,
  by: 'key' | 'grant_id',
  which: string,
  why: Ending['why'],
  now: number,
): void {
  db.run(`INSERT OR REPLACE INTO endings SELECT ${ENDING} AND ${by} = ?3`, now, why, which);
}

/** Within the transaction in which the last record of that person goes. */
export function settleEndings(db: Db, grantId: string, outcome: RevocationOutcome): void {
  db.run('UPDATE endings SET grant_id = NULL, outcome = ? WHERE grant_id = ?', outcome, grantId);
}

/** @returns how many were too old */
export function removeEndings(db: Db, now: number, limit: number): number {
  return db.run(
    'DELETE FROM endings WHERE key IN (SELECT key FROM endings WHERE at <= ? LIMIT ?)',
    now - ENDINGS_KEPT_MS,
    limit,
  );
}
