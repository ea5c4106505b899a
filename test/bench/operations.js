import { ask } from '../torture/http.js';
import { connect } from '../torture/visitor.js';
import { callsAt, startApps, startRedis, startWithings } from './servers.js';

const TIMES = 20;

/** How many commands each thing that people do costs Redis, and how many calls Withings. */
export async function measureOperations() {
  const redis = await startRedis('always');
  const withings = await startWithings();
  const [port = 0] = await startApps(1, {
    REDIS_URL: redis.url,
    ...callsAt(withings),
  });
  const commands = () => redis.info('commandstats', /cmdstat_evalsha:calls=(\d+)/);
  const ours = { Origin: `http://127.0.0.1:${port}`, 'Sec-Fetch-Site': 'same-origin' };
  /** @type {import('../torture/visitor.js').Visitor[]} */
  const people = [];
  /** @type {[string, (turn: number) => Promise<unknown>][]} */
  const deeds = [
    ['connect', async () => people.push(await connect(port, port))],
    ['status (`/api/connection`)', (turn) => ask(port, 'GET', '/api/connection', cookie(turn))],
    ['dashboard, first view', (turn) => ask(port, 'GET', '/dashboard', cookie(turn))],
    ['dashboard, again', (turn) => ask(port, 'GET', '/dashboard', cookie(turn))],
    ['refresh', (turn) => ask(port, 'POST', '/refresh', { ...cookie(turn), ...ours })],
    ['disconnect', (turn) => ask(port, 'POST', '/disconnect', { ...cookie(turn), ...ours })],
  ];

  /** @param {number} turn */
  function cookie(turn) {
    return { Cookie: people[turn]?.cookie ?? '' };
  }

  const rows = [];
  for (const [name, deed] of deeds) {
    const before = { redis: await commands(), ...(await withings.calls()) };
    for (let turn = 0; turn < TIMES; turn += 1) await deed(turn);
    await new Promise((settle) => setTimeout(settle, 500)); // what goes on in the background belongs to it
    const { token, data, slow } = await withings.calls();
    const each = (/** @type {number} */ after, /** @type {number} */ first) => (after - first) / TIMES;
    rows.push({
      name,
      redis: each(await commands(), before.redis),
      withings: each(token + data + slow, before.token + before.data + before.slow),
    });
  }
  return rows;
}
