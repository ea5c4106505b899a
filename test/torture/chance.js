/**
 * Random numbers that a seed repeats (mulberry32).
 *
 * @param {number} seed
 */
export function createChance(seed) {
  let state = seed >>> 0;

  /** From 0 to below 1. */
  function next() {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  return {
    /** True in so many of 100 cases. @param {number} percent */
    hits: (percent) => next() * 100 < percent,
    /** @param {number} from @param {number} to */
    between: (from, to) => from + next() * (to - from),
    /** @template T @param {readonly T[]} list @returns {T} */
    oneOf(list) {
      const one = list[Math.floor(next() * list.length)];
      if (one === undefined) throw new Error('There is nothing to choose from');
      return one;
    },
    /** The name that the dice fall on, by its percentage; null for the rest. @param {Record<string, number>} table */
    draw(table) {
      let left = next() * 100;
      for (const [name, percent] of Object.entries(table)) {
        left -= percent;
        if (left < 0) return name;
      }
      return null;
    },
  };
}

/** @typedef {ReturnType<typeof createChance>} Chance */
