import type { SubscriptionStore } from '../store.ts';
import type { Db } from './database.ts';

export function sqliteSubscriptions(db: Db): SubscriptionStore {
  return {
    async readSubscriptions(grantId) {
      const row = db.get('SELECT state, news_at FROM subscriptions WHERE grant_id = ?', grantId);
      if (!row) return null;
      return { state: typeof row.state === 'string' ? row.state : null, newsAt: Number(row.news_at) };
    },

    async writeSubscriptions(grantId, state, dueAt) {
      const changed = db.run(
        `INSERT INTO subscriptions (grant_id, state, due_at) SELECT id, ?, ? FROM grants WHERE id = ?
         ON CONFLICT (grant_id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at`,
        state,
        dueAt,
        grantId,
      );
      return changed === 1;
    },

    async recordNews(grantId, at) {
      const changed = db.run(
        `INSERT INTO subscriptions (grant_id, news_at) SELECT id, ? FROM grants WHERE id = ?
         ON CONFLICT (grant_id) DO UPDATE SET news_at = excluded.news_at`,
        at,
        grantId,
      );
      return changed === 1;
    },

    async claimSubscriptions(issuer, now, claimMs, limit) {
      return db.transaction(() => {
        const rows = db.all(
          `SELECT g.id FROM grants g LEFT JOIN subscriptions s ON s.grant_id = g.id JOIN people p ON p.id = g.id
           WHERE p.issuer = ? AND (s.due_at IS NULL OR s.due_at <= ?) ORDER BY s.due_at LIMIT ?`,
          issuer,
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
