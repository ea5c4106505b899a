import { EXPIRED_KNOWN_MS } from '../attempts.ts';
import type { Store } from '../store.ts';
import type { RedisParts } from './parts.ts';
import { script } from './script.ts';

export function redisExpiry({ redis }: Pick<RedisParts, 'redis'>): Pick<Store, 'removeExpired'> {
  return {
    removeExpired: async (now, limit) =>
      (await redis.run(REMOVE_EXPIRED, now, now - EXPIRED_KNOWN_MS, limit)) === 1,
  };
}

/** now, attempts before, limit → whether there may be more. Finds what the server has forgotten by itself, too. */
const REMOVE_EXPIRED = script(`
local over = redis.call('ZRANGEBYSCORE', p .. 'ends', '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, member in ipairs(over) do
  local id, key = string.match(member, '^(%S+) (.+)$')
  redis.call('DEL', p .. 's:' .. key)
  disown(id, key)
end
local attempts = redis.call('ZRANGEBYSCORE', p .. 'attempts', '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for _, state in ipairs(attempts) do forgetAttempt(state) end
return (#over == tonumber(ARGV[3]) or #attempts == tonumber(ARGV[3])) and 1 or 0`);
