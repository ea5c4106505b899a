import { z } from 'zod';
import { type AttemptStore, type Spending, spendingOf, writeAttemptResult } from '../attempts.ts';
import type { RedisParts } from './connection.ts';
import { script } from './script.ts';

export function redisAttempts({ redis, ttlUntil }: Pick<RedisParts, 'redis' | 'ttlUntil'>): AttemptStore {
  return {
    async spendAttempt({ id, answer, expiresAt }): Promise<Spending> {
      const [outcome, result] = spent.parse(await redis.run(SPEND_ATTEMPT, id, answer, ttlUntil(expiresAt)));
      return outcome === 'known' ? spendingOf(result ?? null) : { outcome };
    },

    async finishAttempt(id, result) {
      await redis.run(FINISH_ATTEMPT, id, writeAttemptResult(result));
    },
  };
}

const spent = z.tuple([z.enum(['taken', 'spent', 'known'])]).rest(z.string());

/** id, answer, ttl → outcome, result. */
const SPEND_ATTEMPT = script(`
local name = p .. 'a:' .. ARGV[1]
local a = redis.call('HMGET', name, 'a', 'z')
if not a[1] then
  redis.call('HSET', name, 'a', ARGV[2])
  redis.call('PEXPIRE', name, ARGV[3])
  return { 'taken' }
end
if a[1] ~= ARGV[2] then return { 'spent' } end
return { 'known', a[2] or nil }`);

/** id, result. */
const FINISH_ATTEMPT = script(`
if redis.call('EXISTS', p .. 'a:' .. ARGV[1]) == 1 then redis.call('HSET', p .. 'a:' .. ARGV[1], 'z', ARGV[2]) end
return 1`);
