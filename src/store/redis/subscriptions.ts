import { z } from 'zod';
import { SERVICES, type Service, type SubscriptionStore } from '../store.ts';
import type { RedisParts } from './connection.ts';
import { script } from './script.ts';

/** Fields of the grant's hash that no write of a token touches. */
export function redisSubscriptions({ redis, keys }: Pick<RedisParts, 'redis' | 'keys'>): SubscriptionStore {
  return {
    async readSubscriptions(grantId) {
      const names = ['n', 'h', ...SERVICES.map(newsField)];
      const read = fields.parse(await redis.command('HMGET', keys.grant(grantId), ...names));
      const [state, newsAt, measures, activity, nights] = read;
      if (state === null && newsAt === null) return null;
      const newsOf = { measures: Number(measures), activity: Number(activity), nights: Number(nights) };
      return { state, newsAt: Number(newsAt), newsOf };
    },
    writeSubscriptions: async (grantId, state, dueAt) =>
      (await redis.run(WRITE_SUBSCRIPTIONS, grantId, state, dueAt)) === 1,
    recordNews: async (grantId, services, at) =>
      (await redis.run(RECORD_NEWS, grantId, at, ...services.map(newsField))) === 1,
    claimSubscriptions: async (issuer, now, claimMs, limit) =>
      z.array(z.string()).parse(await redis.run(CLAIM_SUBSCRIPTIONS, now, now + claimMs, limit, issuer)),
  };
}

const field = z.string().nullable();
const fields = z.tuple([field, field, field, field, field]);

function newsField(service: Service): string {
  return `h ${service}`;
}

/** id, state, due at → whether there is such a grant. */
const WRITE_SUBSCRIPTIONS = script(`
if not grantExists(ARGV[1]) then return 0 end
redis.call('HSET', p .. 'g:' .. ARGV[1], 'n', ARGV[2])
index('subscriptions-due', ARGV[1], ARGV[3])
return 1`);

/** id, moment, the fields of its services → whether there is such a grant. */
const RECORD_NEWS = script(`
if not grantExists(ARGV[1]) then return 0 end
for _, field in ipairs({ 'h', unpack(ARGV, 3) }) do redis.call('HSET', p .. 'g:' .. ARGV[1], field, ARGV[2]) end
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
