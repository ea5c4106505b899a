import { appendFileSync, readFileSync } from 'node:fs';
import { endOfFile } from './file.js';

const TRANSACTION = '*1\r\n$5\r\nMULTI\r\n';

/**
 * What a crash of the host leaves under `appendfsync always`: everything that was answered, and behind it, at worst, a
 * part of the transaction that was being written. Any will do, so the last one is begun once more.
 *
 * @param {{ dir: string, chance: import('../chance.js').Chance }} parts
 */
export function createTornTail({ dir, chance }) {
  return {
    look: () => () => {
      const file = endOfFile(dir);
      const bytes = file ? readFileSync(file.path) : Buffer.alloc(0);
      const last = bytes.subarray(Math.max(0, bytes.lastIndexOf(TRANSACTION)));
      if (file && last.length > 1)
        appendFileSync(file.path, last.subarray(0, Math.floor(chance.between(1, last.length - 1))));
      return { bytesCut: 0, refreshesCut: 0 };
    },
    stop() {},
  };
}
