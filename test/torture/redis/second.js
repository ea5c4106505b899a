import { statSync, truncateSync } from 'node:fs';
import { endOfFile } from './file.js';

const LOOK_EVERY_MS = 50;
/** Redis syncs each second (and may fall behind by another one, which is not played here). */
const LOST_MS = 1000;

/**
 * What a crash of the host leaves under `appendfsync everysec`, at worst: the file as it was a second ago. It may end
 * in the middle of a command, which Redis accepts.
 *
 * @param {{ dir: string, refreshes: () => number }} parts
 */
export function createSecondAgo({ dir, refreshes }) {
  /** @type {{ at: number, refreshes: number, end: ReturnType<typeof endOfFile> }[]} */
  const looks = [];
  const timer = setInterval(() => {
    looks.push({ at: performance.now(), refreshes: refreshes(), end: endOfFile(dir) });
    if (looks.length > (3 * LOST_MS) / LOOK_EVERY_MS) looks.shift();
  }, LOOK_EVERY_MS);

  return {
    /** Null: Redis began another file since, and closes the old one with a sync. */
    look() {
      const then = looks.findLast(({ at }) => performance.now() - at >= LOST_MS);
      if (!then?.end || then.end.path !== endOfFile(dir)?.path) return null;
      const { path, size } = then.end;
      const refreshesCut = refreshes() - then.refreshes;
      return () => {
        const bytesCut = Math.max(0, statSync(path).size - size);
        if (bytesCut > 0) truncateSync(path, size);
        return { bytesCut, refreshesCut };
      };
    },
    stop: () => clearInterval(timer),
  };
}
