import { setTimeout as sleep } from 'node:timers/promises';
import { createAim } from './aim.js';

/** @typedef {import('./processes.js').AppProcess} AppProcess */

/** Longer than the app waits after an intent (11 s): others go on with the grants of the one that sleeps. */
const LONG_PAUSE_MS = 12_500;

/**
 * Kills and pauses the processes of the app, half of the time at a chosen moment of somebody's refresh.
 *
 * @param {object} parts
 * @param {AppProcess[]} parts.processes
 * @param {import('./chance.js').Chance} parts.chance
 * @param {number} parts.leaseMs
 * @param {() => Promise<void>} parts.letGo of the store: with every process dead, the next one recovers it from the disk
 */
export function createChaos({ processes, chance, leaseMs, letGo }) {
  const aim = createAim(chance);
  /** @type {Set<Promise<void>>} */
  const underWay = new Set();

  /** @param {Promise<void>} work */
  function inBackground(work) {
    const done = work.finally(() => underWay.delete(done));
    underWay.add(done);
  }

  async function killAll() {
    await letGo();
    for (const process of processes) process.killWithSuccessor();
  }

  /** A process that never comes to serve has nothing to lose: mostly waits until one can be replaced at once. */
  async function waitForWork() {
    for (let look = 0; look < 100 && !processes.some((process) => process.isSpared()); look += 1) {
      if (chance.hits(0.3)) return;
      await sleep(20);
    }
  }

  async function strikeOnce() {
    await waitForWork();
    const spared = processes.filter((process) => process.isSpared());
    const victim = chance.oneOf(spared.length > 0 && chance.hits(97) ? spared : processes);
    if (chance.hits(3)) await killAll();
    else if (chance.hits(15) && processes.every((process) => process.isUp())) {
      const ms = chance.hits(8) ? LONG_PAUSE_MS : leaseMs + chance.between(100, 800);
      await aim.strikeAt(victim.name, () => inBackground(victim.pause(ms)));
    } else await aim.strikeAt(victim.name, () => victim.kill());
  }

  return {
    onMoment: aim.onMoment,

    /** @param {() => boolean} isOver */
    async rage(isOver) {
      while (!isOver()) {
        await sleep(chance.between(600, 900));
        await strikeOnce();
      }
      await Promise.all(underWay);
    },
  };
}
