import { setTimeout as sleep } from 'node:timers/promises';
import { createAim } from '../aim.js';
import { createFollower } from '../follower.js';
import { createServer } from './server.js';

/** Without a primary nobody does anything that could go wrong. */
const CALM_MS = { from: 2000, to: 9000 };
const FIRST_MS = 1000;
const LAG_AT_MOST_MS = 1000;
const LOOK_EVERY_MS = 20;
const FOLLOWS_WITHIN_MS = 20_000;

/** @typedef {import('./server.js').RedisServer} RedisServer */

/**
 * A primary with a replica, behind an address that follows the primary, and nothing but fail-overs.
 *
 * @param {object} parts
 * @param {{ address: number, one: number, other: number }} parts.ports
 * @param {string} parts.dataDir
 * @param {import('./redis.js').Kind} parts.kind
 * @param {boolean} parts.lags whether the primary is lost while its replica lags; otherwise they change places in order
 * @param {import('../chance.js').Chance} parts.chance
 * @param {import('../readiness.js').Readiness} parts.readiness
 * @param {() => number} parts.refreshes how many there were up to now
 */
export async function startRedisPair({ ports, dataDir, kind, lags, chance, readiness, refreshes }) {
  const pair = {
    primary: createServer({ port: ports.one, dir: `${dataDir}/redis-one`, fsync: kind }),
    replica: createServer({ port: ports.other, dir: `${dataDir}/redis-other`, fsync: kind }),
  };
  const servers = Object.values(pair);
  const follower = await createFollower(ports.address, () => pair.primary.port);
  const aim = createAim(chance);
  const counts = { failovers: 0, refreshesCut: 0 };
  /** @type {string[]} */
  const faults = [];
  await Promise.all(servers.map((server) => server.start()));
  await follow();

  async function follow() {
    await pair.replica.ask('REPLICAOF', '127.0.0.1', String(pair.primary.port));
    await untilItFollows(pair.replica);
  }

  /** The primary takes no writes until its replica has them all; then they change places. Nothing may be lost. */
  async function handOver() {
    const { primary: old, replica: next } = pair;
    await old.ask('FAILOVER', 'TO', '127.0.0.1', String(next.port));
    await untilItFollows(old);
  }

  /** The primary is killed when its replica, which nobody waits for, has not heard of it for up to a second. */
  async function lose() {
    const { primary: old, replica: next } = pair;
    await next.ask('REPLICAOF', 'NO', 'ONE');
    const had = refreshes();
    await sleep(chance.between(0, LAG_AT_MOST_MS));
    await old.kill();
    counts.refreshesCut += refreshes() - had;
  }

  /** The address leads to the old primary, with all its connections, until every process has said that this does not do. */
  async function failOver() {
    counts.failovers += 1;
    await (lags ? lose() : handOver());
    await readiness.gone();
    [pair.primary, pair.replica] = [pair.replica, pair.primary];
    follower.cut();
    await readiness.back();
    if (!lags) return;
    await pair.replica.start();
    await follow();
  }

  async function strike() {
    /** @type {Promise<unknown>} */
    let done = Promise.resolve();
    await aim.strikeAt(null, () => {
      done = failOver().catch((error) => faults.push(`Redis: ${error.stack ?? error}`));
    });
    await done;
  }

  return {
    env: { REDIS_URL: `redis://127.0.0.1:${ports.address}` },
    onMoment: aim.onMoment,
    get accidents() {
      return [...faults, ...servers.flatMap((server) => server.accidents)];
    },
    /** Nobody starts meanwhile. */
    wasAwaySince: () => false,

    /** @param {() => boolean} isOver */
    async rage(isOver) {
      await sleep(FIRST_MS);
      await strike();
      while (!isOver()) {
        await sleep(chance.between(CALM_MS.from, CALM_MS.to));
        await strike();
      }
    },

    cells: () => ({
      'fail-overs': counts.failovers,
      ...(lags ? { 'refreshes cut off': counts.refreshesCut } : {}),
      ...readiness.cells(),
    }),

    async kill() {
      follower.close();
      await Promise.all(servers.map((server) => server.kill()));
    },
  };
}

/** @param {RedisServer} server */
async function untilItFollows(server) {
  const end = performance.now() + FOLLOWS_WITHIN_MS;
  while (performance.now() < end) {
    const [role, , , link] = /** @type {unknown[]} */ (await server.ask('ROLE'));
    if (role === 'slave' && link === 'connected') return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error('The replica does not follow');
}
