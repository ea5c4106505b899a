/**
 * How long honest visitors wait, alone and with hostile ones among them. Both are measured in one run, in phases that
 * take turns, because a machine is never twice the same.
 */

export const MOST_RATIO = 3;
/** From one phase alone to the next, with nothing changed: beyond this the machine is what is measured. */
const MOST_NOISE = 2;
const FEWEST_PAIRS = 6;
const FEWEST_IN_A_PHASE = 40;
const PHASE_MS = 4000;

/**
 * @typedef {object} Phase
 * @property {boolean} hostile
 * @property {number[]} waits milliseconds of each visit that was served
 * @property {number} visits
 * @property {{ came: number, connected: number }} newcomers
 */

/**
 * @param {{ hostile: boolean, now: () => number }} options hostile: false: every phase is one alone
 */
export function createWaits({ hostile, now }) {
  /** @type {Phase[]} */
  const phases = [];
  let begunAt = now();

  /** Alone, with, with, alone: what grows or fades meanwhile falls on both alike. @param {number} number */
  function isHostile(number) {
    return hostile && [1, 2].includes(number % 4);
  }

  /** @returns {Phase} */
  function current() {
    const number = Math.floor((now() - begunAt) / PHASE_MS);
    while (phases.length <= number) {
      const newcomers = { came: 0, connected: 0 };
      phases.push({ hostile: isHostile(phases.length), waits: [], visits: 0, newcomers });
    }
    return /** @type {Phase} */ (phases[number]);
  }

  return {
    phases,

    /** The first phase begins now. */
    start() {
      begunAt = now();
    },

    isHostile: () => current().hostile,

    /** A visit begins; call what this returns when it has ended. @returns {(isServed: boolean) => void} */
    begin() {
      const phase = current();
      const at = now();
      phase.visits += 1;
      return (isServed) => {
        if (isServed) phase.waits.push(now() - at);
      };
    },

    /** Somebody comes for the first time; call what this returns when they are connected. */
    welcome() {
      const { newcomers } = current();
      newcomers.came += 1;
      return () => {
        newcomers.connected += 1;
      };
    },
  };
}

/** @typedef {ReturnType<typeof createWaits>} Waits */

/**
 * How much longer people waited with hostile visitors: the median of what each phase with them and its neighbour
 * without them say, by their medians.
 *
 * @param {Phase[]} phases
 * @returns {{ ratio: number, noise: number, pairs: number, verdict: 'fine' | 'too slow' | 'too few samples' | 'too much noise' }}
 */
export function judgeWaits(phases) {
  const ratios = neighbours(phases)
    .filter(([one, other]) => one.hostile !== other.hostile)
    .map(([one, other]) => (one.hostile ? median(one) / median(other) : median(other) / median(one)));
  const changes = neighbours(phases)
    .filter(([one, other]) => !one.hostile && !other.hostile)
    .map(([one, other]) => Math.max(median(one) / median(other), median(other) / median(one)));
  const measured = { ratio: quantile(ratios, 0.5), noise: quantile(changes, 0.5), pairs: ratios.length };
  return { ...measured, verdict: verdictOn(measured) };
}

/** @param {{ ratio: number, noise: number, pairs: number }} measured */
function verdictOn({ ratio, noise, pairs }) {
  if (pairs < FEWEST_PAIRS) return 'too few samples';
  if (ratio <= MOST_RATIO) return 'fine';
  return noise > MOST_NOISE ? 'too much noise' : 'too slow';
}

/** Each phase with the one after it, where both have enough to say. @param {Phase[]} phases */
function neighbours(phases) {
  /** @type {[Phase, Phase][]} */
  const pairs = [];
  for (const [at, phase] of phases.entries()) {
    const next = phases[at + 1];
    if (next && [phase, next].every(({ waits }) => waits.length >= FEWEST_IN_A_PHASE))
      pairs.push([phase, next]);
  }
  return pairs;
}

/** @param {Phase} phase */
function median({ waits }) {
  return quantile(waits, 0.5);
}

/** NaN: there is nothing. @param {number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}
