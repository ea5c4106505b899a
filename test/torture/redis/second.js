import { endOfFile } from './file.js';

const LOOK_EVERY_MS = 50;
/** `appendfsync everysec` syncs each second (and may fall behind by another one, which is not played here). */
const LOST_MS = 1000;

/**
 * What a crash of the host may leave under `appendfsync everysec`: the file as it was a second ago.
 *
 * @param {{ dir: string, refreshes: () => number }} parts
 */
export function createSecondAgo({ dir, refreshes }) {
  /** @type {{ at: number, refreshes: number, end: import('./file.js').FileEnd | null }[]} */
  const looks = [];
  const timer = setInterval(() => {
    looks.push({ at: performance.now(), refreshes: refreshes(), end: endOfFile(dir) });
    if (looks.length > (3 * LOST_MS) / LOOK_EVERY_MS) looks.shift();
  }, LOOK_EVERY_MS);

  return {
    /** Null: Redis began another file since, and closes the old one with a sync. */
    left() {
      const then = looks.findLast(({ at }) => performance.now() - at >= LOST_MS);
      if (!then?.end || then.end.path !== endOfFile(dir)?.path) return null;
      return { end: then.end, refreshes: refreshes() - then.refreshes };
    },
    stop: () => clearInterval(timer),
  };
}
