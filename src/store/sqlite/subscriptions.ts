import type { Store } from '../store.ts';
import type { Db } from './database.ts';

type SubscriptionStore = Pick<
  Store,
  'readSubscriptions' | 'writeSubscriptions' | 'recordNews' | 'claimSubscriptions'
>;

export const SUBSCRIPTIONS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS subscriptions (
    grant_id TEXT PRIMARY KEY, state TEXT, due_at INTEGER NOT NULL DEFAULT 0, heard_at INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS subscriptions_due ON subscriptions (due_at);
  CREATE TRIGGER IF NOT EXISTS subscriptions_end AFTER DELETE ON grants BEGIN
    DELETE FROM subscriptions WHERE grant_id = old.id;
  END;
`;

/** Subscriptions of the embedded store: they stand beside the grants, so that nothing here can touch a token. */
export function sqliteSubscriptions(db: Db): SubscriptionStore {
  return {
    async readSubscriptions(grantId) {
      const row = db.get('SELECT state, heard_at FROM subscriptions WHERE grant_id = ?', grantId);
      if (!row) return null;
      return { state: typeof row.state === 'string' ? row.state : null, newsAt: Number(row.heard_at) };
    },

    async writeSubscriptions(grantId, state, dueAt) {
      const { changes } = db.run(
        `INSERT INTO subscriptions (grant_id, state, due_at) SELECT id, ?, ? FROM grants WHERE id = ?
         ON CONFLICT (grant_id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at`,
        state,
        dueAt,
        grantId,
      );
      return changes === 1;
    },

    async recordNews(grantId, at) {
      const { changes } = db.run(
        `INSERT INTO subscriptions (grant_id, heard_at) SELECT id, ? FROM grants WHERE id = ?
         ON CONFLICT (grant_id) DO UPDATE SET heard_at = excluded.heard_at`,
        at,
        grantId,
      );
      return changes === 1;
    },

    async claimSubscriptions(now, claimMs, limit) {
      return db.transaction(() => {
        const rows = db.all(
          `SELECT g.id FROM grants g LEFT JOIN subscriptions s ON s.grant_id = g.id
           WHERE s.due_at IS NULL OR s.due_at <= ? ORDER BY s.due_at LIMIT ?`,
          now,
          limit,
        );
        for (const { id } of rows) {
          db.run(
            `INSERT INTO subscriptions (grant_id, due_at) VALUES (?, ?)
             ON CONFLICT (grant_id) DO UPDATE SET due_at = excluded.due_at`,
            String(id),
            now + claimMs,
          );
        }
        return rows.map(({ id }) => String(id));
      });
    },
  };
}
