import { z } from 'zod';
import type { SubscriptionStore } from '../store.ts';
import type { RedisParts } from './connection.ts';
import { script } from './script.ts';

/** Fields of the grant's hash that no write of a token touches. */
export function redisSubscriptions({ redis, keys }: Pick<RedisParts, 'redis' | 'keys'>): SubscriptionStore {
  return {
    async readSubscriptions(grantId) {
      const [state, newsAt] = fields.parse(await redis.command('HMGET', keys.grant(grantId), 'n', 'h'));
      return state === null && newsAt === null ? null : { state, newsAt: Number(newsAt ?? 0) };
    },
    writeSubscriptions: async (grantId, state, dueAt) =>
      (await redis.run(WRITE_SUBSCRIPTIONS, grantId, state, dueAt)) === 1,
    recordNews: async (grantId, at) => (await redis.run(RECORD_NEWS, grantId, at)) === 1,
    claimSubscriptions: async (issuer, now, claimMs, limit) =>
      z.array(z.string()).parse(await redis.run(CLAIM_SUBSCRIPTIONS, now, now + claimMs, limit, issuer)),
  };
}

const fields = z.tuple([z.string().nullable(), z.string().nullable()]);

/** id, state, due at → whether there is such a grant. */
const WRITE_SUBSCRIPTIONS = script(`
if not grantExists(ARGV[1]) then return 0 end
redis.call('HSET', p .. 'g:' .. ARGV[1], 'n', ARGV[2])
index('subscriptions-due', ARGV[1], ARGV[3])
return 1`);

/** id, moment → whether there is such a grant. */
const RECORD_NEWS = script(`
if not grantExists(ARGV[1]) then return 0 end
redis.call('HSET', p .. 'g:' .. ARGV[1], 'h', ARGV[2])
announce(ARGV[1])
return 1`);

/** now, claimed until, limit, issuer → ids; nobody else is given them before that. */
const CLAIM_SUBSCRIPTIONS = script(`
local claimed = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', p .. 'subscriptions-due', '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
  index('subscriptions-due', id, grantExists(id) and ARGV[2] or '')
  if redis.call('HGET', p .. 'p:' .. id, 'i') == ARGV[4] and grantExists(id) then table.insert(claimed, id) end
end
return claimed`);
