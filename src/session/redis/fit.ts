import { type Sealer, UnsealableError } from '../sealing.ts';
import type { Connection } from './connection.ts';
import type { RedisKeys } from './keys.ts';
import { RedisError } from './line.ts';
import { type RedisPromise, readPromise } from './promise.ts';

type Redis = Pick<Connection, 'command'>;

/** @throws RedisError, code `REDIS_UNFIT`, with words for the operator, when this Redis must not be used by us */
export async function checkFit(redis: Redis, keys: RedisKeys, sealer: Sealer): Promise<RedisPromise> {
  if ((await readMoving(redis, keys)) !== null) {
    throw unfit(
      'A store was begun to be moved into this Redis, and is not there yet: npm run migrate-store.',
    );
  }
  return checkServer(redis, keys, sealer);
}

/** Who is moving a store in; null: nobody. */
export async function readMoving(redis: Redis, keys: RedisKeys): Promise<string | null> {
  const moving = await redis.command('GET', keys.moving).catch((error: RedisError) => {
    if (error.message !== 'MOVED' && error.message !== 'CLUSTERDOWN') throw error;
    throw unfit('REDIS_URL leads to a node of a cluster that does not hold our keys (docs/scaling.md).');
  });
  return moving === null ? null : String(moving);
}

/** All of checkFit but the question whether a store is being moved in. */
export async function checkServer(redis: Redis, keys: RedisKeys, sealer: Sealer): Promise<RedisPromise> {
  const promise = await readPromise(redis);
  if (promise.refused) throw unfit(promise.refused);
  await checkRing(redis, keys, sealer);
  return promise;
}

/** Instances under different secrets would take each other's records for damaged. */
async function checkRing(redis: Redis, keys: RedisKeys, sealer: Sealer): Promise<void> {
  await redis.command('SET', keys.ring, sealer.seal('ring', keys.ring), 'NX');
  const kept = String(await redis.command('GET', keys.ring));
  try {
    sealer.open(kept, keys.ring);
  } catch (error) {
    if (!(error instanceof UnsealableError)) throw error;
    throw unfit(
      'SESSION_SECRET is not the one under which this Redis was filled: list that one too, behind a comma.',
    );
  }
  await redis.command('SET', keys.ring, sealer.seal('ring', keys.ring)); // a rotated secret takes its turn
}

export function unfit(words: string): RedisError {
  return new RedisError('REDIS_UNFIT', words);
}
