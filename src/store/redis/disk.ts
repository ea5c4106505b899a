import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './connection.ts';
import { RedisError } from './errors.ts';

type Redis = Pick<Connection, 'command'>;

const LOOK_EVERY_MS = 200;

/**
 * Has the server write everything anew, and waits for that. False: it does not let itself be asked, as managed servers
 * do not.
 *
 * @throws RedisError when it could not write
 */
export async function writeToDisk(redis: Redis): Promise<boolean> {
  try {
    const appends = (await idle(redis))('aof_enabled') === '1';
    await redis.command(appends ? 'BGREWRITEAOF' : 'BGSAVE');
    const read = await idle(redis);
    if (read(appends ? 'aof_last_bgrewrite_status' : 'rdb_last_bgsave_status') === 'ok') return true;
  } catch (error) {
    if ((error as RedisError).code === 'REDIS_REFUSED') return false;
    throw error;
  }
  throw new RedisError('REDIS_NOT_DURABLE', 'Redis could not write to its disk');
}

/** What it says of its files when it is writing none: one that was begun earlier has none of what came since. */
async function idle(redis: Redis): Promise<(name: string) => string | undefined> {
  for (;;) {
    const info = String(await redis.command('INFO', 'persistence'));
    if (!/^(rdb_bgsave_in_progress|aof_rewrite_in_progress|aof_rewrite_scheduled):1/m.test(info)) {
      return (name) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
    }
    await sleep(LOOK_EVERY_MS);
  }
}
