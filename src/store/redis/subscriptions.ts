import { z } from 'zod';
import type { Store } from '../store.ts';
import type { Connection } from './connection.ts';
import type { RedisKeys } from './keys.ts';

type SubscriptionStore = Pick<
  Store,
  'readSubscriptions' | 'writeSubscriptions' | 'recordNews' | 'claimSubscriptions'
>;

/** Subscriptions in Redis: fields of the grant's hash that no write of a token touches. */
export function redisSubscriptions(redis: Connection, keys: RedisKeys): SubscriptionStore {
  return {
    async readSubscriptions(grantId) {
      const [state, newsAt] = fields.parse(await redis.command('HMGET', keys.grant(grantId), 'n', 'h'));
      return state === null && newsAt === null ? null : { state, newsAt: Number(newsAt ?? 0) };
    },
    writeSubscriptions: async (grantId, state, dueAt) =>
      (await redis.run('writeSubscriptions', grantId, state, dueAt)) === 1,
    recordNews: async (grantId, at) => (await redis.run('recordNews', grantId, at)) === 1,
    claimSubscriptions: async (now, claimMs, limit) =>
      z.array(z.string()).parse(await redis.run('claimSubscriptions', now, now + claimMs, limit)),
  };
}

const fields = z.tuple([z.string().nullable(), z.string().nullable()]);
