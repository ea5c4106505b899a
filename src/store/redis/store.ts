import { boundSessions } from '../bound-sessions.ts';
import type { Encryption } from '../encryption.ts';
import type { OpeningOptions, Store } from '../store.ts';
import type { StoreKey } from '../store-key.ts';
import { redisAttempts } from './attempts.ts';
import { redisCallCounts } from './call-counts.ts';
import { connectRedis, type RedisParts } from './connection.ts';
import { redisConnections } from './connections.ts';
import { redisEndings } from './endings.ts';
import { redisGrants } from './grants.ts';
import { PROBE } from './inspection.ts';
import { redisKeys, ttlOf } from './keys.ts';
import { redisOutbox } from './outbox.ts';
import { redisPubSub } from './pubsub.ts';
import { redisRateLimit } from './rate-limit.ts';
import { redisRestored } from './restored.ts';
import { migrate } from './schema.ts';
import { redisExpiry, redisSessions } from './sessions.ts';
import { checkAtStart, readStoreKey } from './startup-checks.ts';
import { redisSubscriptions } from './subscriptions.ts';
import { redisTimezones } from './timezones.ts';

export interface RedisOptions extends OpeningOptions {
  url: string;
  encryption: Encryption;
  /** Milliseconds since 1970: how long the server keeps a record is counted from here. */
  now: () => number;
  /** Sets this program's names apart from others in the same Redis. */
  tag: string;
  /** Its operator says that this server keeps a log of its own. */
  isVouched?: boolean;
  /** For tests: a clock for leases and the rate limit in place of the server's. Milliseconds. */
  serverClock?: () => number;
}

/**
 * The store of several instances: one primary Redis or Valkey. Leases run by the server's clock.
 *
 * @returns the store, and in one line how durable this server is
 * @throws RedisError when it cannot be reached, would lose tokens by design, or belongs to other secrets or to a newer version
 */
export async function openRedisStore(options: RedisOptions): Promise<{
  store: Store;
  durability: string;
  durable: boolean;
}> {
  const { url, encryption, now, tag, isVouched = false } = options;
  const { serverClock, issuer = 'eu', onForged = () => {} } = options;
  const keys = redisKeys(tag, url);
  const redis = await connectRedis(url, keys.prefix);
  try {
    const pubsub = await redisPubSub(redis, keys, encryption);
    const { words, durable } = await checkAtStart(redis, keys, isVouched);
    const key = await readStoreKey(redis, keys, encryption);
    await migrate(redis, keys, key, { encryption, issuer, now: now() });
    const parts: RedisParts = {
      redis,
      keys,
      encryption,
      ttlUntil: (at) => ttlOf(at, now()),
      clock: () => serverClock?.() ?? '',
    };
    return {
      durability: words,
      durable,
      store: { ...createStore(parts, key, onForged), encryption, pubsub },
    };
  } catch (error) {
    redis.close();
    throw error;
  }
}

function createStore(
  parts: RedisParts,
  key: StoreKey,
  onForged: () => void,
): Omit<Store, 'pubsub' | 'encryption'> {
  return {
    ...boundSessions({ ...redisSessions(parts, key), ...redisEndings(parts) }, key, onForged),
    ...redisGrants(parts, key),
    ...redisOutbox(parts.redis, key),
    ...redisRestored(parts.redis, parts.keys),
    ...redisAttempts(parts),
    ...redisSubscriptions(parts),
    ...redisTimezones(parts),
    ...redisRateLimit(parts),
    ...redisCallCounts(parts),
    ...redisExpiry(parts),
    ...redisConnections(parts),
    async probe() {
      await parts.redis.run(PROBE);
    },
    close: () => parts.redis.close(),
  };
}
