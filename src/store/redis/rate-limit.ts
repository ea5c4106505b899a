import { MAX_AHEAD_MS, type RateLimitStore } from '../store.ts';
import type { RedisParts } from './connection.ts';
import { script } from './script.ts';

export function redisRateLimit({ redis, clock }: Pick<RedisParts, 'redis' | 'clock'>): RateLimitStore {
  return {
    takeCall: async (spacingMs, atOnce) =>
      Number(await redis.run(TAKE_CALL, spacingMs, atOnce, clock(), MAX_AHEAD_MS)),
  };
}

/** milliseconds between calls, how many may come at once, clock, the furthest ahead → 0: go; else milliseconds to wait. */
const TAKE_CALL = script(`
local now, every = hostNow(ARGV[3]), tonumber(ARGV[1])
local next = tonumber(redis.call('GET', p .. 'rate-limit') or '0')
if next < now or next > now + ARGV[4] then next = now end
local wait = next - now - (tonumber(ARGV[2]) - 1) * every
if wait > 0 then return math.ceil(wait) end
redis.call('SET', p .. 'rate-limit', string.format('%.17g', next + every), 'PX', ARGV[4])
return 0`);
