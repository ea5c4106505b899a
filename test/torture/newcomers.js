import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from './visitor.js';

const EVERY_MS = 500;

/**
 * Honest people who come for the first time, one after the other. Whoever has connected is one of the visitors.
 *
 * @param {object} parts
 * @param {import('./visitor.js').Visitor[]} parts.visitors
 * @param {() => number} parts.port where one of the processes is
 * @param {import('./waits.js').Waits} parts.waits
 */
export function createNewcomers({ visitors, port, waits }) {
  return {
    /** @param {() => boolean} isOver */
    async run(isOver) {
      while (!isOver()) {
        await sleep(EVERY_MS);
        const connected = waits.welcome();
        await connect(port(), port()).then(
          (visitor) => {
            visitors.push(visitor);
            connected();
          },
          () => {}, // a process was killed on their way
        );
      }
    },
  };
}
