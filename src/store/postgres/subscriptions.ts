import { SERVICES, type Service, type SubscriptionStore } from '../store.ts';
import type { PostgresParts } from './store.ts';

export function postgresSubscriptions({ db, announce }: PostgresParts): SubscriptionStore {
  return {
    async readSubscriptions(grantId) {
      const [row] = await db.rows<SubscriptionRow>(
        'SELECT state, news_at, news FROM @subscriptions WHERE grant_id = $1',
        grantId,
      );
      if (!row || (row.state === null && row.news_at === 0)) return null;
      const { measures = 0, activity = 0, nights = 0 } = row.news;
      return { state: row.state, newsAt: row.news_at, newsOf: { measures, activity, nights } };
    },

    writeSubscriptions: async (grantId, state, dueAt) =>
      (await db.run(
        `INSERT INTO @subscriptions (grant_id, state, due_at) SELECT id, $2, $3 FROM @grants WHERE id = $1
         ON CONFLICT (grant_id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at`,
        ...[grantId, state, dueAt],
      )) === 1,

    async recordNews(grantId, services, at) {
      const news = Object.fromEntries(
        SERVICES.filter((each) => services.includes(each)).map((each) => [each, at]),
      );
      const changed = await db.run(
        `INSERT INTO @subscriptions (grant_id, news_at, news) SELECT id, $2, $3::jsonb FROM @grants WHERE id = $1
         ON CONFLICT (grant_id) DO UPDATE SET news_at = excluded.news_at, news = @subscriptions.news || excluded.news`,
        ...[grantId, at, JSON.stringify(news)],
      );
      if (changed === 1) announce(grantId);
      return changed === 1;
    },

    async claimSubscriptions(issuer, now, claimMs, limit) {
      const claimed = await db.rows<{ id: string; issuer: string | null }>(
        CLAIM_SUBSCRIPTIONS,
        ...[now, now + claimMs, limit],
      );
      return claimed.flatMap((row) => (row.issuer === issuer ? [row.id] : []));
    },
  };
}

interface SubscriptionRow {
  state: string | null;
  news_at: number;
  news: Partial<Record<Service, number>>;
}

/** now, claimed until, limit. */
const CLAIM_SUBSCRIPTIONS = `
WITH due AS MATERIALIZED (
  SELECT grant_id, due_at FROM @subscriptions WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE @subscriptions s SET due_at = $2 FROM due WHERE s.grant_id = due.grant_id RETURNING due.grant_id, due.due_at
)
SELECT c.grant_id AS id, p.issuer FROM claimed c LEFT JOIN @people p ON p.id = c.grant_id ORDER BY c.due_at`;
