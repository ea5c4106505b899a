import { z } from 'zod';
import { markedWords } from '../copy/mark.ts';
import type { RestorableStore, RestoredStore } from '../restored.ts';
import { type Connection, connectRedis } from './connection.ts';
import { readRedisMark } from './copy-scripts.ts';
import { unfit } from './errors.ts';
import { type RedisKeys, redisKeys } from './keys.ts';
import { migrate, refuseNewer } from './schema.ts';
import { unguardedScript } from './script.ts';
import { readStoreKey } from './startup-checks.ts';
import type { RedisOptions } from './store.ts';

export function redisRestored(redis: Connection, keys: RedisKeys): RestoredStore {
  return {
    heldSince: () => heldSince(redis, keys),
    listRestored: async (issuer, after, limit) =>
      z.array(z.string()).parse(await redis.run(LIST_RESTORED, issuer, after, limit)),
  };
}

/**
 * Opens a store that Redis' own tools have put back.
 *
 * @throws RedisError; code `REDIS_UNFIT`, with words for the operator, when the app must not use it, or does so now
 */
export async function openRedisRestored({
  url,
  tag,
  encryption,
  now,
  issuer = 'eu',
}: RedisOptions): Promise<RestorableStore> {
  const keys = redisKeys(tag, url);
  const redis = await connectRedis(url, keys.prefix);
  try {
    const mark = await readRedisMark(redis, keys);
    if (mark !== null) throw unfit(markedWords(mark));
    await refuseNewer(redis, keys);
    if ((await redis.command('EXISTS', keys.key)) !== 1)
      throw unfit('There is no store of ours in this Redis.');
    const key = await readStoreKey(redis, keys, encryption);
    await migrate(redis, keys, key, { encryption, issuer, now: now() });
  } catch (error) {
    redis.close();
    throw error;
  }
  return {
    heldSince: () => heldSince(redis, keys),
    async hold(at) {
      const [, listening] = z
        .tuple([z.string(), z.number()])
        .parse(await redis.command('PUBSUB', 'NUMSUB', keys.changed));
      if (listening > 0) throw unfit(`${listening} programs have this store open: stop every one of them.`);
      return Number(await redis.run(HOLD, at));
    },
    release: async () => Number(await redis.run(RELEASE)),
    close: () => redis.close(),
  };
}

export async function heldSince(redis: Connection, keys: RedisKeys): Promise<number | null> {
  const at = await redis.command('GET', keys.heldSince);
  return at === null ? null : Number(at);
}

/** issuer, after, limit → ids. The server may have forgotten a grant by itself. */
const LIST_RESTORED = unguardedScript(`
local found = {}
local last = ARGV[2]
while #found < tonumber(ARGV[3]) do
  local from = last == '' and '-' or '(' .. last
  local ids = redis.call('ZRANGE', p .. 'restored', from, '+', 'BYLEX', 'LIMIT', 0, ARGV[3])
  if #ids == 0 then break end
  for _, id in ipairs(ids) do
    last = id
    if grantExists(id) and redis.call('HGET', p .. 'p:' .. id, 'i') == ARGV[1] then table.insert(found, id) end
  end
end
return found`);

/** at → how many grants there are. Every one is among those whose subscriptions are due at some time. */
const HOLD = unguardedScript(`
redis.call('SET', p .. 'held-since', ARGV[1])
return redis.call('ZUNIONSTORE', p .. 'restored', 1, p .. 'subscriptions-due', 'WEIGHTS', 0)`);

/** → how many grants are to be asked about. */
const RELEASE = unguardedScript(`
redis.call('DEL', p .. 'held-since')
return redis.call('ZCARD', p .. 'restored')`);
