import { type CopyMark, readMark, writeMark } from '../copy/mark.ts';
import { type RedisError, unfit } from './client.ts';
import type { Connection } from './connection.ts';
import type { RedisKeys } from './keys.ts';
import { unguardedScript } from './script.ts';

type Redis = Pick<Connection, 'command'>;

/** @throws RedisError, code `REDIS_UNFIT`, where a cluster keeps our keys elsewhere: this is the first that is asked */
export async function readRedisMark(redis: Redis, keys: RedisKeys): Promise<CopyMark | null> {
  const text = await redis.command('GET', keys.copy).catch((error: RedisError) => {
    if (error.message !== 'MOVED' && error.message !== 'CLUSTERDOWN') throw error;
    throw unfit('REDIS_URL leads to a node of a cluster that does not hold our keys (docs/scaling.md).');
  });
  return text === null ? null : readMark(String(text));
}

export async function swapRedisMark(
  redis: Pick<Connection, 'run'>,
  from: CopyMark | null,
  to: CopyMark | null,
): Promise<boolean> {
  return (await redis.run(SWAP, from && writeMark(from), to && writeMark(to))) === 1;
}

/** mark, next one → whether that mark was there. */
const SWAP = unguardedScript(`
if (redis.call('GET', p .. 'copy') or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', p .. 'copy') else redis.call('SET', p .. 'copy', ARGV[2]) end
return 1`);
