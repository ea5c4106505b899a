import { markedWords } from '../copy/mark.ts';
import { DecryptionError, type Encryption } from '../encryption.ts';
import { unfit } from './client.ts';
import type { Connection } from './connection.ts';
import { readRedisMark } from './copy-scripts.ts';
import { type Durability, readDurability } from './durability.ts';
import type { RedisKeys } from './keys.ts';
import { refuseNewer } from './schema.ts';

type Redis = Pick<Connection, 'command'>;

/** @throws RedisError, code `REDIS_UNFIT`, with words for the operator, when this Redis must not be used by us */
export async function checkAtStart(
  redis: Redis,
  keys: RedisKeys,
  encryption: Encryption,
): Promise<Durability> {
  const mark = await readRedisMark(redis, keys);
  if (mark !== null) throw unfit(markedWords(mark));
  return checkServer(redis, keys, encryption);
}

/** All of checkAtStart but the question whether it is being copied. */
export async function checkServer(
  redis: Redis,
  keys: RedisKeys,
  encryption: Encryption,
): Promise<Durability> {
  const durability = await readDurability(redis);
  if (durability.refused) throw unfit(durability.refused);
  await refuseNewer(redis, keys);
  await checkRing(redis, keys, encryption);
  return durability;
}

/** Instances under different secrets would take each other's records for damaged. */
async function checkRing(redis: Redis, keys: RedisKeys, encryption: Encryption): Promise<void> {
  await redis.command('SET', keys.ring, encryption.seal('ring', keys.ring), 'NX');
  const stored = String(await redis.command('GET', keys.ring));
  try {
    encryption.open(stored, keys.ring);
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error;
    throw unfit(
      'SESSION_SECRET is not the one under which this Redis was filled: list that one too, behind a comma.',
    );
  }
  await redis.command('SET', keys.ring, encryption.seal('ring', keys.ring)); // under the newest secret, as everything that is written
}
