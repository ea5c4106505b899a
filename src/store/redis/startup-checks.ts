import { DecryptionError, type Encryption } from '../encryption.ts';
import { type RedisError, unfit } from './client.ts';
import type { Connection } from './connection.ts';
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
  if ((await readMoving(redis, keys)) !== null) {
    throw unfit(
      'A store was begun to be moved into this Redis, and is not there yet: npm run migrate-store.',
    );
  }
  return checkServer(redis, keys, encryption);
}

/** Who is moving a store in; null: nobody. */
export async function readMoving(redis: Redis, keys: RedisKeys): Promise<string | null> {
  const moving = await redis.command('GET', keys.moving).catch((error: RedisError) => {
    if (error.message !== 'MOVED' && error.message !== 'CLUSTERDOWN') throw error;
    throw unfit('REDIS_URL leads to a node of a cluster that does not hold our keys (docs/scaling.md).');
  });
  return moving === null ? null : String(moving);
}

/** All of checkAtStart but the question whether a store is being moved in. */
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
