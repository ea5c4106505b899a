import { z } from 'zod';
import type { CallCountStore } from '../call-counts.ts';
import type { RedisParts } from './connection.ts';
import { unguardedScript } from './script.ts';

export function redisCallCounts({ redis }: Pick<RedisParts, 'redis'>): CallCountStore {
  return {
    async readCallCounts() {
      const flat = z.array(z.string()).parse(await redis.run(READ_COUNTS));
      const counts = new Map(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, Number(flat[i + 1])]] : [])));
      return [...counts]
        .filter(([name]) => !name.endsWith('busy'))
        .map(([hour, calls]) => ({ hour: Number(hour), calls, busy: counts.get(`${hour} busy`) ?? 0 }))
        .sort((a, b) => a.hour - b.hour);
    },
  };
}

/** → by hour how many calls there were, and by `<hour> busy` how many of them were refused as too many. */
const READ_COUNTS = unguardedScript(`return redis.call('HGETALL', p .. 'call-counts')`);
