import { setTimeout as sleep } from 'node:timers/promises';
import { createAim } from '../aim.js';

/** The app gives an answer of Redis 800 ms. */
const PAUSE_MS = { from: 900, to: 2500 };
/** Without Redis nobody does anything that could go wrong. */
const CALM_MS = { from: 2000, to: 9000 };
const FIRST_KILL_MS = 1000;
/** Down for a moment mostly; now and then for longer than a page waits. */
const DOWN_MS = { short: 300, long: 2000 };

/**
 * @typedef {object} Disk what a crash of the host leaves, by the way that Redis syncs
 * @property {() => (() => { bytesCut: number, refreshesCut: number }) | null} look
 *   at the moment of the crash; what it returns makes the file so. Null: cannot be told just now
 * @property {() => void} stop
 */

/**
 * Kills, stops and starts the redis-server; and lets its host crash.
 *
 * @param {object} parts
 * @param {import('./server.js').RedisServer} parts.server
 * @param {import('../chance.js').Chance} parts.chance
 * @param {Disk} parts.disk
 */
export function createRedisChaos({ server, chance, disk }) {
  const aim = createAim(chance);
  const counts = { kills: 0, pauses: 0, crashes: 0, refreshesCut: 0, bytesCut: 0 };

  /** @param {() => Promise<unknown>} how */
  async function strike(how) {
    /** @type {Promise<unknown>} */
    let done = Promise.resolve();
    await aim.strikeAt(null, () => {
      done = how();
    });
    await done;
  }

  async function start() {
    await sleep(chance.between(0, chance.hits(85) ? DOWN_MS.short : DOWN_MS.long));
    await server.start();
  }

  async function kill() {
    counts.kills += 1;
    await server.kill();
    await start();
  }

  async function pause() {
    counts.pauses += 1;
    server.freeze();
    await sleep(chance.between(PAUSE_MS.from, PAUSE_MS.to));
    server.thaw();
  }

  async function crash() {
    const leave = disk.look();
    if (!leave) return;
    counts.crashes += 1;
    await server.kill();
    const { bytesCut, refreshesCut } = leave();
    counts.bytesCut += bytesCut;
    counts.refreshesCut += refreshesCut;
    await start();
  }

  async function strikeOnce() {
    if (chance.hits(25)) return strike(pause);
    return strike(chance.hits(50) ? crash : kill);
  }

  return {
    onMoment: aim.onMoment,
    counts,

    /** @param {() => boolean} isOver */
    async rage(isOver) {
      await sleep(FIRST_KILL_MS); // so that the shortest run has one
      await strike(kill);
      while (!isOver()) {
        await sleep(chance.between(CALM_MS.from, CALM_MS.to));
        await strikeOnce();
      }
      disk.stop();
    },
  };
}
