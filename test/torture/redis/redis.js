import { join } from 'node:path';
import { createRedisChaos } from './chaos.js';
import { createProbes } from './probes.js';
import { createSecondAgo } from './second.js';
import { createServer } from './server.js';

/**
 * How Redis syncs its file, and what a crash of its host then takes:
 *
 * - `always`: nothing; replies come after the sync;
 * - `everysec`: a second, on a server without WAITAOF (Redis before 7.2);
 * - `waitaof`: `everysec` on a server that has it; what was not waited for.
 *
 * @typedef {'always' | 'everysec' | 'waitaof'} Kind
 */

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
  const server = createServer({ port, dir, fsync: kind === 'always' ? 'always' : 'everysec' });
  const disks = {
    always: () => null,
    everysec: () => createSecondAgo({ dir, refreshes }),
    waitaof: () => createProbes({ dir, port, server, chance }),
  };
  await server.start();
  if (server.accidents.length > 0) throw new Error(server.accidents[0]);
  return { ...server, ...createRedisChaos({ server, chance, disk: disks[kind]() }) };
}

/** @typedef {Awaited<ReturnType<typeof startRedis>>} Redis */
