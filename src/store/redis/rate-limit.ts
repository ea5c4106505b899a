import { MAX_AHEAD_MS, type RateLimitStore } from '../store.ts';
import type { RedisParts } from './connection.ts';
import { script } from './script.ts';

export function redisRateLimit({ redis, clock }: Pick<RedisParts, 'redis' | 'clock'>): RateLimitStore {
  return {
    takeCall: async (bucket, spacingMs, atOnce) =>
      Number(await redis.run(TAKE_CALL, bucket, spacingMs, atOnce, clock(), MAX_AHEAD_MS)),
  };
}

/** bucket, milliseconds between calls, how many may come at once, clock, the furthest ahead → 0: go; else milliseconds to wait. */
const TAKE_CALL = script(`
local now, every = hostNow(ARGV[4]), tonumber(ARGV[2])
local next = tonumber(redis.call('GET', p .. 'rate-limit:' .. ARGV[1]) or '0')
if next < now or next > now + ARGV[5] then next = now end
local wait = next - now - (tonumber(ARGV[3]) - 1) * every
if wait > 0 then return math.ceil(wait) end
redis.call('SET', p .. 'rate-limit:' .. ARGV[1], string.format('%.17g', next + every), 'PX', ARGV[5])
return 0`);
