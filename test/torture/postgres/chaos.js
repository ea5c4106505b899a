import { setTimeout as sleep } from 'node:timers/promises';
import { standbyOf } from '../../postgres/cluster.js';
import { createAim } from '../aim.js';

/** @typedef {Awaited<ReturnType<typeof import('../../postgres/cluster.js').createCluster>>} Cluster */

/** The app gives an answer of PostgreSQL 800 ms. */
const PAUSE_MS = { from: 900, to: 2500 };
/** Without a store nobody does anything that could go wrong. */
const CALM_MS = { from: 2000, to: 9000 };
const FIRST_MS = 1000;
const DOWN_MS = { short: 300, long: 2000 };

/**
 * Kills and stops the primary, lets it crash, and lets its standby take over.
 *
 * @param {object} parts
 * @param {{ primary: Cluster, standby: Cluster }} parts.pair
 * @param {Awaited<ReturnType<typeof import('../follower.js').createFollower>>} parts.follower
 * @param {import('../chance.js').Chance} parts.chance
 * @param {import('../readiness.js').Readiness | null} parts.readiness
 * @param {Record<string, string>} parts.settings of a new standby
 */
export function createPostgresChaos({ pair, follower, chance, readiness, settings }) {
  const aim = createAim(chance);
  const counts = { kills: 0, crashes: 0, pauses: 0, failovers: 0 };
  /** @type {string[]} */
  const accidents = [];
  /** When the primary last came back. */
  let backAt = 0;

  /** @param {() => Promise<unknown>} how */
  async function strike(how) {
    /** @type {Promise<unknown>} */
    let done = Promise.resolve();
    await aim.strikeAt(null, () => {
      backAt = Number.POSITIVE_INFINITY;
      done = how();
    });
    await done;
    backAt = performance.now();
  }

  async function startAgain() {
    await sleep(chance.between(0, chance.hits(85) ? DOWN_MS.short : DOWN_MS.long));
    await pair.primary.start();
  }

  /** Of the whole host, but for its disk: what was not written there is gone. */
  async function kill() {
    counts.kills += 1;
    await pair.primary.kill();
    await startAgain();
  }

  async function crash() {
    counts.crashes += 1;
    await pair.primary.crash();
    await startAgain();
  }

  async function pause() {
    counts.pauses += 1;
    pair.primary.freeze();
    await sleep(chance.between(PAUSE_MS.from, PAUSE_MS.to));
    pair.primary.thaw();
  }

  /** The primary and its disk are gone for good. */
  async function failOver() {
    counts.failovers += 1;
    const { primary: gone, standby: next } = pair;
    await gone.kill();
    follower.cut();
    await readiness?.gone();
    await next.promote();
    pair.primary = next;
    follower.cut();
    await readiness?.back();
    gone.remove();
  }

  /** The next standby is made of the new primary, which serves meanwhile. */
  async function failOverAndRebuild() {
    await strike(failOver);
    pair.standby = await standbyOf(pair.primary, settings);
  }

  async function strikeOnce() {
    if (readiness) return failOverAndRebuild();
    if (chance.hits(20)) return strike(pause);
    if (chance.hits(35)) return strike(crash);
    if (chance.hits(45)) return strike(kill);
    return failOverAndRebuild();
  }

  return {
    onMoment: aim.onMoment,
    counts,
    accidents,
    /** At some moment since then it did not serve. @param {number} at */
    wasAwaySince: (at) => backAt >= at,

    /** @param {() => boolean} isOver */
    async rage(isOver) {
      await sleep(FIRST_MS); // so that the shortest run has one of each
      if (!readiness) await strike(kill);
      await failOverAndRebuild();
      while (!isOver()) {
        await sleep(chance.between(CALM_MS.from, CALM_MS.to));
        await strikeOnce().catch((error) => accidents.push(`PostgreSQL: ${error.stack ?? error}`));
      }
    },
  };
}
