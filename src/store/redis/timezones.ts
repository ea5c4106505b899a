import { readZone, type TimezoneStore } from '../timezones.ts';
import type { RedisParts } from './connection.ts';
import { script } from './script.ts';

/** A field of the grant's hash that no write of a token touches; it goes with the hash. */
export function redisTimezones({ redis, keys }: Pick<RedisParts, 'redis' | 'keys'>): TimezoneStore {
  return {
    readTimezone: async (grantId) => readZone(await redis.command('HGET', keys.grant(grantId), 'z')),
    writeTimezone: async (grantId, zone) => (await redis.run(WRITE_TIMEZONE, grantId, zone)) === 1,
  };
}

/** id, zone → whether there is such a grant. */
const WRITE_TIMEZONE = script(`
if not grantExists(ARGV[1]) then return 0 end
redis.call('HSET', p .. 'g:' .. ARGV[1], 'z', ARGV[2])
announce(ARGV[1])
return 1`);
