import type { OpenTotals } from '../connections.ts';
import type { Encryption } from '../encryption.ts';
import { otherThanKnown } from '../store.ts';
import { redisCallCounts } from './call-counts.ts';
import { connectRedis } from './connection.ts';
import { redisConnections } from './connections.ts';
import { redisKeys } from './keys.ts';
import { redisRateLimit } from './rate-limit.ts';

/**
 * Opens a store in Redis without writing to it.
 *
 * @throws RedisError when it cannot be reached
 * @throws Error with words for the operator when another version of this program wrote it
 */
export async function openRedisTotals(url: string, tag: string, encryption: Encryption): Promise<OpenTotals> {
  const keys = redisKeys(tag, url);
  const redis = await connectRedis(url, keys.prefix);
  const words = otherThanKnown('This Redis', Number(await redis.command('GET', keys.version)));
  if (words !== null) {
    redis.close();
    throw new Error(words);
  }
  const parts = { redis, encryption, clock: () => '' as const };
  return {
    countConnections: redisConnections(parts).countConnections,
    countOldTokens: async (now) =>
      Number(await redis.command('ZCOUNT', `${keys.prefix}grants-to-renew`, '-inf', String(now))),
    readCallCounts: redisCallCounts(parts).readCallCounts,
    readCalls: redisRateLimit(parts).readCalls,
    close: () => redis.close(),
  };
}
