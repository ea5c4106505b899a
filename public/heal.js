const FIRST_WAITS_MS = [30_000, 60_000];
const WAIT_MS = 120_000;

/**
 * Has a page that shows trouble made anew: after 30, 60 and then every 120 seconds, or when its turn has come.
 *
 * @param {{
 *   renew: () => void,
 *   clock: {
 *     setTimeout: (run: () => void, ms: number) => number,
 *     clearTimeout: (timer: number | undefined) => void,
 *   },
 * }} parts `renew` has the page made anew; what comes of it is told to `shown`
 */
export function createHealing({ renew, clock }) {
  /** @type {number | undefined} */
  let timer;
  let tries = 0;

  function stop() {
    clock.clearTimeout(timer);
  }

  /** @param {number | null} again seconds until the page is worth asking for again; 0: nobody knows; null: it is well */
  function shown(again) {
    stop();
    if (again === null) {
      tries = 0;
      return;
    }
    timer = clock.setTimeout(
      () => {
        tries += 1;
        renew();
      },
      again > 0 ? again * 1000 : (FIRST_WAITS_MS[tries] ?? WAIT_MS),
    );
  }

  return { shown, stop };
}
