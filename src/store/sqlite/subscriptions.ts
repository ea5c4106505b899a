import { z } from 'zod';
import type { SubscriptionStore } from '../store.ts';
import type { Db } from './database.ts';

const at = z.number().default(0);
const news = z.object({ measures: at, activity: at, nights: at });

export function sqliteSubscriptions(db: Db): SubscriptionStore {
  return {
    async readSubscriptions(grantId) {
      const row = db.get('SELECT state, news_at, news FROM subscriptions WHERE grant_id = ?', grantId);
      const state = typeof row?.state === 'string' ? row.state : null;
      const newsAt = Number(row?.news_at ?? 0);
      if (state === null && newsAt === 0) return null;
      return { state, newsAt, newsOf: news.parse(JSON.parse(String(row?.news))) };
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

    async recordNews(grantId, services, at) {
      const changed = db.run(
        `INSERT INTO subscriptions (grant_id, news_at, news) SELECT id, ?1, ?3 FROM grants WHERE id = ?2
         ON CONFLICT (grant_id) DO UPDATE SET news_at = excluded.news_at, news = json_patch(news, excluded.news)`,
        at,
        grantId,
        JSON.stringify(Object.fromEntries(services.map((service) => [service, at]))),
      );
      return changed === 1;
    },

    async claimSubscriptions(issuer, now, claimMs, limit) {
      return db.transaction(() => {
        const due = db.all(
          `SELECT s.grant_id AS id, p.issuer FROM (
             SELECT grant_id, due_at FROM subscriptions WHERE due_at <= ? ORDER BY due_at LIMIT ?
           ) s LEFT JOIN people p ON p.id = s.grant_id ORDER BY s.due_at`,
          now,
          limit,
        );
        for (const { id } of due) {
          db.run('UPDATE subscriptions SET due_at = ? WHERE grant_id = ?', now + claimMs, String(id));
        }
        return due.flatMap((row) => (row.issuer === issuer ? [String(row.id)] : []));
      });
    },
  };
}
