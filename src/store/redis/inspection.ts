import type { InspectedStore } from '../inspection.ts';
import { connectRedis } from './connection.ts';
import { readRedisMark } from './copy-scripts.ts';
import { type Durability, readDurability } from './durability.ts';
import { redisKeys } from './keys.ts';
import { heldSince } from './restored.ts';
import { script } from './script.ts';

/** Writes something and removes it again. */
export const PROBE = script(`
redis.call('SET', p .. 'probe', '')
redis.call('DEL', p .. 'probe')`);

export interface InspectedRedis extends InspectedStore {
  readDurability(): Promise<Durability>;
  /** Bytes; null: it does not say. `most`: what it may use, or where that is not limited what its machine has. */
  readMemory(): Promise<{ used: number; most: number } | null>;
}

/**
 * @param isVouched as in RedisOptions
 * @throws RedisError when it cannot be reached
 */
export async function inspectRedis(url: string, tag: string, isVouched: boolean): Promise<InspectedRedis> {
  const keys = redisKeys(tag, url);
  const redis = await connectRedis(url, keys.prefix);
  return {
    readVersion: async () => Number(await redis.command('GET', keys.version)),
    readMark: () => readRedisMark(redis, keys),
    heldSince: () => heldSince(redis, keys),
    async readKey() {
      const sealed = await redis.command('GET', keys.key);
      return sealed === null ? null : String(sealed);
    },
    async probe() {
      await redis.run(PROBE);
    },
    readDurability: () => readDurability(redis, isVouched),
    async readMemory() {
      const info = String(await redis.command('INFO', 'memory').catch(() => ''));
      const read = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
      const [used, most] = [read('used_memory'), read('maxmemory') || read('total_system_memory')];
      return used > 0 && most > 0 ? { used, most } : null;
    },
    close: () => redis.close(),
  };
}
