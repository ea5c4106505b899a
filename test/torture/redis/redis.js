import { join } from 'node:path';
import { createRedisChaos } from './chaos.js';
import { createSecondAgo } from './second.js';
import { createServer } from './server.js';
import { createTornTail } from './torn.js';

/** How Redis syncs its file. @typedef {'always' | 'everysec'} Kind */

/**
 * @param {object} parts
 * @param {Kind} parts.kind
 * @param {number} parts.port
 * @param {string} parts.dataDir
 * @param {import('../chance.js').Chance} parts.chance
 * @param {() => number} parts.refreshes how many there were up to now
 */
export async function startRedis({ kind, port, dataDir, chance, refreshes }) {
  const dir = join(dataDir, 'redis');
  const server = createServer({ port, dir, fsync: kind });
  const disk = kind === 'always' ? createTornTail({ dir, chance }) : createSecondAgo({ dir, refreshes });
  await server.start();
  if (server.accidents.length > 0) throw new Error(server.accidents[0]);
  const { counts, ...chaos } = createRedisChaos({ server, chance, disk });
  return {
    ...server,
    ...chaos,
    /** Of the app. */
    env: { REDIS_URL: server.url },
    cells: () => ({
      'redis kills': counts.kills,
      'redis pauses': counts.pauses,
      'host crashes': counts.crashes,
      'refreshes cut off': counts.refreshesCut,
      'bytes cut off': counts.bytesCut,
    }),
  };
}

/** @typedef {Awaited<ReturnType<typeof startRedis>>} Redis */
