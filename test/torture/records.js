import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const READ_WITHIN_MS = 10_000;

/**
 * @typedef {object} DurableRecord
 * @property {string} writeId
 * @property {string} accessToken
 * @property {string} refreshToken
 * @property {string | null} previousRefreshToken
 * @property {{ code: string } | null} ended
 */
/** @typedef {{ record: DurableRecord | null } | { error: string }} Reading */

/**
 * The durable records, without asking the app: as they are on the disk, or as a server has them.
 *
 * @param {{ reader: string, dataDir: string, secret: string, store: Record<string, string> }} where
 */
export function createRecords({ reader: program, dataDir, secret, store }) {
  /** @type {import('node:child_process').ChildProcess | null} */
  let child = null;
  /** @type {Map<number, (reading: Reading | null) => void>} */
  const waiting = new Map();
  let number = 0;

  /** @param {import('node:child_process').ChildProcess} born */
  function settle(born) {
    if (child !== born) return;
    child = null;
    for (const resolve of waiting.values()) resolve(null);
    waiting.clear();
  }

  return {
    open: () =>
      new Promise((resolve) => {
        const born = fork(program, {
          env: {
            PATH: process.env.PATH,
            DATA_DIR: dataDir,
            SESSION_SECRET: secret,
            ...store,
          },
        });
        child = born;
        born.on(
          'message',
          (/** @type {{ number: number, reading: Reading | null }} */ { number, reading }) => {
            if (number === 0) resolve(undefined);
            waiting.get(number)?.(reading);
            waiting.delete(number);
          },
        );
        born.once('exit', () => {
          settle(born);
          resolve(undefined);
        });
      }),

    isOpen: () => child !== null,

    /** Null: nobody is reading just now, or nobody answers. @param {string} userId @returns {Promise<Reading | null>} */
    read(userId) {
      const reader = child;
      if (!reader) return Promise.resolve(null);
      number += 1;
      const mine = number;
      const answered = new Promise((resolve) => waiting.set(mine, resolve));
      reader.send({ number: mine, userId }, () => {}); // a reader that was ended answers nothing: settle() does
      return Promise.race([answered, sleep(READ_WITHIN_MS, null, { ref: false })]);
    },

    /** Ends the reader on the spot. */
    async close() {
      const reader = child;
      if (!reader) return;
      const gone = new Promise((resolve) => reader.once('exit', resolve));
      settle(reader);
      reader.kill('SIGKILL');
      await gone;
    },
  };
}

/** @typedef {ReturnType<typeof createRecords>} Records */
