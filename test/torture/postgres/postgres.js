import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCluster, standbyOf } from '../../postgres/cluster.js';
import { createFollower } from '../follower.js';
import { createPostgresChaos } from './chaos.js';

/** A standby asks its primary again so soon. */
const SETTINGS = { wal_retrieve_retry_interval: '200ms', max_connections: '300' };

/**
 * A primary with a synchronous standby, behind an address that follows the primary.
 *
 * @param {object} parts
 * @param {number} parts.port
 * @param {import('../chance.js').Chance} parts.chance
 * @param {import('../readiness.js').Readiness | null} parts.readiness asked at each fail-over, and then there is nothing else
 */
export async function startPostgres({ port, chance, readiness }) {
  const primary = await createCluster(SETTINGS);
  await primary.start();
  const pair = { primary, standby: await standbyOf(primary, SETTINGS) };
  const follower = await createFollower(port, () => pair.primary.port);
  const { counts, ...chaos } = createPostgresChaos({
    ...{ pair, follower, chance, readiness },
    settings: SETTINGS,
  });
  return {
    ...chaos,
    env: { DATABASE_URL: `postgres://test@127.0.0.1:${port}/postgres` },
    cells: () => ({
      'postgres kills': counts.kills,
      'postgres crashes': counts.crashes,
      'postgres pauses': counts.pauses,
      'fail-overs': counts.failovers,
      ...readiness?.cells(),
    }),
    /** At once: the process that calls it is about to exit. */
    kill() {
      follower.close();
      for (const cluster of [pair.primary, pair.standby]) {
        cluster.thaw();
        void cluster.kill();
        cluster.remove();
      }
    },
  };
}

/**
 * What the app would be without the one word that makes its commits durable, so that the judge is seen to judge.
 *
 * @param {string} appDir this run's copy of the app
 */
export function weaken(appDir) {
  const file = join(appDir, 'dist/store/postgres/client.js');
  const text = readFileSync(file, 'utf8');
  const weak = text.replace(
    /set_config\('synchronous_commit', .*? END, false\)/s,
    "set_config('synchronous_commit', 'off', false)",
  );
  if (weak === text) throw new Error('There is nothing to weaken');
  writeFileSync(file, weak);
  const checks = join(appDir, 'dist/store/postgres/durability.js');
  writeFileSync(checks, readFileSync(checks, 'utf8').replace("commit === 'off' ||", ''));
}
