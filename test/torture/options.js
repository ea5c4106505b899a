import { parseArgs } from 'node:util';

/**
 * @typedef {object} Options
 * @property {number} ms how long the traffic and the faults last
 * @property {number} connections
 * @property {number} seed of what is thrown at the app; how the processes interleave is up to the machine
 * @property {import('./redis/redis.js').Kind | null} redis null: the store is another
 * @property {'on' | 'off' | null} postgres null: the store is another; off: the app does not wait for its disk
 * @property {'all' | 'fail-overs' | 'lagging'} strikes otherwise than all: nothing but fail-overs of the store, in order or
 *   (Redis) by a crash of the primary while its replica lags; no process of the app is killed
 * @property {boolean} hostile whether the flooder, the presser and the pipeliner come as well
 */

const KINDS = /** @type {const} */ (['always', 'everysec']);
const COMMITS = /** @type {const} */ (['on', 'off']);

/** @returns {Options} */
export function readOptions(args = process.argv.slice(2)) {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '10' },
      connections: { type: 'string', default: '800' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      store: { type: 'string', default: 'sqlite' },
      redis: { type: 'string', default: 'always' },
      postgres: { type: 'string', default: 'on' },
      hostile: { type: 'string', default: 'on' },
      strikes: { type: 'string', default: 'all' },
    },
  });
  const store = oneOf('store', ['sqlite', 'redis', 'postgres'], values.store);
  const strikes = oneOf('strikes', ['all', 'fail-overs', 'lagging'], values.strikes);
  if (strikes !== 'all' && store === 'sqlite') throw new Error('The embedded store does not fail over');
  if (strikes === 'lagging' && store !== 'redis') throw new Error('Only a replica of Redis lags here');
  return {
    ms: 60_000 * positive('minutes', values.minutes),
    connections: whole('connections', values.connections),
    seed: whole('seed', values.seed),
    redis: store === 'redis' ? oneOf('redis', KINDS, values.redis) : null,
    postgres: store === 'postgres' ? oneOf('postgres', COMMITS, values.postgres) : null,
    strikes,
    hostile: oneOf('hostile', ['on', 'off'], values.hostile) === 'on',
  };
}

/** @param {string} name @param {string} text */
function positive(name, text) {
  if (!/^\d{1,4}(\.\d+)?$/.test(text) || Number(text) === 0) {
    throw new Error(`--${name} must be a number above 0`);
  }
  return Number(text);
}

/** @param {string} name @param {string} text */
function whole(name, text) {
  if (!/^\d{1,7}$/.test(text) || (name !== 'seed' && Number(text) === 0)) {
    throw new Error(`--${name} must be a whole number above 0`);
  }
  return Number(text);
}

/** @template {string} T @param {string} name @param {readonly T[]} words @param {string} text @returns {T} */
function oneOf(name, words, text) {
  const found = words.find((word) => word === text);
  if (!found) throw new Error(`--${name} must be one of ${words.join(', ')}`);
  return found;
}
