import { markedWords } from '../copy/mark.ts';
import type { Encryption } from '../encryption.ts';
import { newStoreKey, openStoreKey, type StoreKey, WRONG_SECRET } from '../store-key.ts';
import type { Connection } from './connection.ts';
import { readRedisMark } from './copy-scripts.ts';
import { type Durability, readDurability } from './durability.ts';
import { RedisError, unfit } from './errors.ts';
import type { RedisKeys } from './keys.ts';
import { refuseNewer } from './schema.ts';

type Redis = Pick<Connection, 'command'>;

/** @throws RedisError, code `REDIS_UNFIT`, with words for the operator, when this Redis must not be used by us */
export async function checkAtStart(redis: Redis, keys: RedisKeys, isVouched: boolean): Promise<Durability> {
  const mark = await readRedisMark(redis, keys);
  if (mark !== null) throw unfit(markedWords(mark));
  return checkServer(redis, keys, isVouched);
}

/** All of checkAtStart but the question whether it is being copied. */
export async function checkServer(redis: Redis, keys: RedisKeys, isVouched: boolean): Promise<Durability> {
  const durability = await readDurability(redis, isVouched);
  if (durability.refused) throw unfit(durability.refused);
  await refuseNewer(redis, keys);
  return durability;
}

/**
 * The key of this store, made if it has none yet.
 *
 * @throws RedisError, code `REDIS_UNFIT`: instances under different secrets would take each other's records for damaged
 */
export async function readStoreKey(redis: Redis, keys: RedisKeys, encryption: Encryption): Promise<StoreKey> {
  const ring = await redis.command('GET', keys.ring);
  try {
    if (ring !== null) encryption.open(String(ring), keys.ring);
    await redis.command('SET', keys.key, newStoreKey(encryption), 'NX');
    const sealed = String(await redis.command('GET', keys.key));
    let newest = sealed;
    const key = openStoreKey(sealed, encryption, (again) => {
      newest = again;
    });
    if (newest !== sealed) await redis.command('SET', keys.key, newest);
    return key;
  } catch (error) {
    if (error instanceof RedisError) throw error;
    throw unfit(WRONG_SECRET);
  }
}
