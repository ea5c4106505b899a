import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './http.js';
import { quantile } from './waits.js';

const EVERY_MS = 50;
const AT_MOST_MS = 30_000;

/**
 * How long it takes until every process says that it is not ready, and that it is again; milliseconds, of each time.
 *
 * @param {() => number[]} ports where they listen
 */
export function createReadiness(ports) {
  /** @type {{ gone: number[], back: number[] }} */
  const took = { gone: [], back: [] };

  /** @param {boolean} isReady */
  async function until(isReady) {
    const begun = performance.now();
    const answer = async (/** @type {number} */ port) => (await ask(port, 'GET', '/readyz')).status === 200;
    for (let answers = [!isReady]; answers.some((each) => each !== isReady); ) {
      if (performance.now() - begun > AT_MOST_MS) throw new Error(`/readyz never said ${isReady}`);
      answers = await Promise.all(ports().map(answer));
      await sleep(EVERY_MS);
    }
    return performance.now() - begun;
  }

  return {
    async gone() {
      took.gone.push(await until(false));
    },
    async back() {
      took.back.push(await until(true));
    },
    cells: () => ({
      'not ready after, s': inSeconds(took.gone),
      'ready again after, s': inSeconds(took.back),
    }),
  };
}

/** The median and the most. @param {number[]} all */
function inSeconds(all) {
  return [0.5, 1].map((share) => (quantile(all, share) / 1000).toFixed(1)).join(', ');
}

/** @typedef {ReturnType<typeof createReadiness>} Readiness */
