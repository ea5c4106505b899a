import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('./provider.js').Moment} Moment */

/** @type {readonly Moment[]} */
const MOMENTS = ['refresh arrived', 'minted', 'refresh answered', 'first use', 'used'];
/** Long enough for one of a hundred refreshes a second to pass by. */
const AIM_FOR_MS = 150;

/**
 * Strikes half of the time at a chosen moment of somebody's refresh.
 *
 * @param {import('./chance.js').Chance} chance
 */
export function createAim(chance) {
  /** @type {{ name: string | null, moment: Moment, strike: () => void } | null} */
  let aim = null;

  return {
    /**
     * Waits for the moment, a while, and strikes anyway.
     *
     * @param {string | null} name the process whose refresh it must be; null: anybody's
     * @param {() => void} strike
     */
    async strikeAt(name, strike) {
      if (!chance.hits(50)) return strike();
      let struck = false;
      const once = () => {
        if (!struck) strike();
        struck = true;
      };
      aim = { name, moment: chance.oneOf(MOMENTS), strike: once };
      await sleep(AIM_FOR_MS);
      aim = null;
      once();
    },

    /** To be told of every moment at the provider. @param {Moment} moment @param {string} name */
    onMoment(moment, name) {
      if (aim?.moment !== moment || (aim.name ?? name) !== name) return;
      const { strike } = aim;
      aim = null;
      if (moment.endsWith('answered') || moment === 'used')
        setTimeout(strike, chance.between(0, 4)); // the answer is in
      else strike();
    },
  };
}
