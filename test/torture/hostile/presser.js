import { ask } from '../http.js';

/**
 * Presses "Refresh now" and "Test the connection" all the time.
 *
 * @param {import('./hostile.js').OwnerParts} parts
 * @returns {import('./hostile.js').Hostile}
 */
export function createPresser({ port, chance, ours, note, from, cookie }) {
  return {
    atOnce: 2,
    everyMs: 50,
    async act() {
      const path = chance.oneOf(['/refresh', '/check']);
      const { status } = await ask(port(), 'POST', path, { Cookie: cookie, ...ours }, from);
      note(`POST ${path}`, status);
    },
  };
}
