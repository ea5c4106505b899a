import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The file to which Redis appends at present, and its length. Null: just now there is none.
 *
 * @param {string} dir of the server
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
