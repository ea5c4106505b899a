import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {import('./processes.js').AppProcess} AppProcess
 * @typedef {import('./provider.js').Moment} Moment
 * @typedef {{ process: AppProcess, moment: Moment, strike: () => void }} Aim
 */

/** @type {readonly Moment[]} */
const MOMENTS = ['refresh arrived', 'minted', 'refresh answered', 'first use', 'used'];
/** Long enough for one of a hundred refreshes a second to pass by. */
const AIM_FOR_MS = 150;
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
  /** @type {Aim | null} */
  let aim = null;
  /** @type {Set<Promise<void>>} */
  const underWay = new Set();

  /** @param {Promise<void>} work */
  function inBackground(work) {
    const done = work.finally(() => underWay.delete(done));
    underWay.add(done);
  }

  /** Waits for the moment, a while, and strikes anyway. @param {AppProcess} process @param {() => void} strike */
  async function strikeAt(process, strike) {
    if (chance.hits(50)) {
      let struck = false;
      const once = () => {
        if (!struck) strike();
        struck = true;
      };
      aim = { process, moment: chance.oneOf(MOMENTS), strike: once };
      await sleep(AIM_FOR_MS);
      aim = null;
      once();
    } else strike();
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
      await strikeAt(victim, () => inBackground(victim.pause(ms)));
    } else await strikeAt(victim, () => victim.kill());
  }

  return {
    /** To be told of every moment at the provider. @param {Moment} moment @param {string} name */
    onMoment(moment, name) {
      if (aim?.moment !== moment || aim.process.name !== name) return;
      const { strike } = aim;
      aim = null;
      if (moment.endsWith('answered') || moment === 'used')
        setTimeout(strike, chance.between(0, 4)); // the answer is in
      else strike();
    },

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
