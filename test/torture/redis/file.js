import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ path: string, size: number }} FileEnd */

/**
 * The file to which Redis appends at present, and its length. Null: just now there is none, or another one.
 *
 * @param {string} dir of the server @returns {FileEnd | null}
 */
export function endOfFile(dir) {
  const folder = join(dir, 'appendonlydir');
  try {
    const [newest] = readdirSync(folder)
      .map((name) => Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1] ?? 0))
      .sort((a, b) => b - a);
    const path = join(folder, `appendonly.aof.${newest}.incr.aof`);
    return { path, size: statSync(path).size };
  } catch {
    return null;
  }
}

/** What came after is gone, as with the host. Redis accepts a last command that is cut in two. @param {FileEnd} end */
export function cutBack({ path, size }) {
  const lost = statSync(path).size - size;
  if (lost > 0) truncateSync(path, size);
  return Math.max(0, lost);
}
