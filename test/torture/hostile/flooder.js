import { randomBytes } from 'node:crypto';
import { ask } from '../http.js';
import { cookieOf } from '../visitor.js';

const ADDRESSES = ['127.0.0.70', '127.0.0.71', '127.0.0.72', '127.0.0.73'];

/**
 * Begins to connect, each time as a new browser, and comes back with a code that it made up.
 *
 * @param {import('./hostile.js').HostileParts} parts
 * @returns {import('./hostile.js').Hostile}
 */
export function createFlooder({ port, chance, note }) {
  return {
    atOnce: 8,
    everyMs: 200,
    async act() {
      const from = chance.oneOf(ADDRESSES);
      const begun = await ask(port(), 'GET', '/connect', {}, from);
      note('GET /connect', begun.status);
      const { location } = begun.headers;
      if (!location) return;
      const state = String(new URL(location).searchParams.get('state'));
      const query = new URLSearchParams({ state, code: randomBytes(20).toString('hex') });
      const back = await ask(port(), 'GET', `/callback?${query}`, { Cookie: cookieOf(begun) }, from);
      note('GET /callback', back.status);
    },
  };
}
