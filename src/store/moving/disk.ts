import { setTimeout as sleep } from 'node:timers/promises';
import { RedisError } from '../redis/client.ts';
import type { Connection } from '../redis/connection.ts';

type Redis = Pick<Connection, 'command'>;

const LOOK_EVERY_MS = 200;

/**
 * For a server that cannot say when a change is on its disk: has it write everything anew, and waits for that.
 * False: it does not let itself be asked, as managed servers do not.
 *
 * @throws RedisError when it failed to
 */
export async function writeToDisk(redis: Redis): Promise<boolean> {
  const told = await ask(redis);
  const appends = told('aof_enabled');
  if (appends === undefined) return false;
  const command = appends === '1' ? 'BGREWRITEAOF' : 'BGSAVE';
  while ((await answerOf(redis, command)) === null) {
    if (!isWriting(await ask(redis))) return false;
    await quiet(redis); // what is being written now was begun before the last of our records came
  }
  return wasWritten(redis, appends === '1');
}

async function wasWritten(redis: Redis, appends: boolean): Promise<true> {
  const told = await quiet(redis);
  if (told(appends ? 'aof_last_bgrewrite_status' : 'rdb_last_bgsave_status') === 'ok') return true;
  throw new RedisError('REDIS_NOT_DURABLE', 'Redis could not write to its disk');
}

/** Null: it does not let itself be asked that. */
async function answerOf(redis: Redis, ...words: string[]): Promise<unknown> {
  try {
    return await redis.command(...words);
  } catch (error) {
    if ((error as RedisError).code === 'REDIS_REFUSED') return null;
    throw error;
  }
}

type Told = (name: string) => string | undefined;

async function ask(redis: Redis): Promise<Told> {
  const info = String(await answerOf(redis, 'INFO', 'persistence'));
  return (name) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}

function isWriting(told: Told): boolean {
  const signs = ['rdb_bgsave_in_progress', 'aof_rewrite_in_progress', 'aof_rewrite_scheduled'];
  return signs.some((name) => told(name) === '1');
}

async function quiet(redis: Redis): Promise<Told> {
  for (;;) {
    const told = await ask(redis);
    if (!isWriting(told)) return told;
    await sleep(LOOK_EVERY_MS);
  }
}
