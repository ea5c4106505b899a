import { ask } from './http.js';

/**
 * @typedef {object} Visitor a browser whose owner has connected
 * @property {string} userId
 * @property {string} cookie
 * @property {number} awayUntil when it was told to come again
 * @property {number} wellAt when it last got its data
 * @property {number} longestMs the longest time without
 */

/**
 * Goes the whole way that a person goes: our door, Withings, back. The way back may lead to another process.
 *
 * @param {number} port @param {number} portBack @param {string} [from] one of this host's addresses
 * @returns {Promise<Visitor>}
 */
export async function connect(port, portBack, from) {
  const begun = await ask(port, 'GET', '/connect', {}, from);
  const jar = keep({}, begun);
  const authorize = new URL(must(begun, 303));
  const consented = await ask(Number(authorize.port), 'GET', authorize.pathname + authorize.search);
  const back = new URL(must(consented, 302));
  const arrived = await ask(portBack, 'GET', back.pathname + back.search, { Cookie: header(jar) }, from);
  if (must(arrived, 303) !== '/dashboard') throw new Error(`The callback led to ${arrived.headers.location}`);
  const cookie = header(keep(jar, arrived));
  const asked = await ask(port, 'GET', '/api/connection', { Cookie: cookie }, from);
  must(asked, 200);
  const connection = JSON.parse(asked.text);
  return { userId: connection.userId, cookie, awayUntil: 0, wellAt: performance.now(), longestMs: 0 };
}

/** The cookies that an answer sets, as a browser sends them. @param {import('./http.js').Answer} answer */
export function cookieOf(answer) {
  return header(keep({}, answer));
}

/** @param {import('./http.js').Answer} answer @param {number} status */
function must(answer, status) {
  if (answer.status !== status)
    throw new Error(`Answered ${answer.status}, not ${status}: ${answer.text.slice(0, 500)}`);
  return String(answer.headers.location);
}

/** @param {Record<string, string>} jar @param {import('./http.js').Answer} answer */
function keep(jar, answer) {
  const set = (answer.headers['set-cookie'] ?? []).map((line) => line.replace(/;.*/, '').split('='));
  return { ...jar, ...Object.fromEntries(set.map(([name, ...value]) => [name, value.join('=')])) };
}

/** @param {Record<string, string>} jar */
function header(jar) {
  return Object.entries(jar)
    .map((pair) => pair.join('='))
    .join('; ');
}
