import { ask } from '../torture/http.js';
import { connect } from '../torture/visitor.js';
import { callsAt, endAll, startApps, startPostgres, startRedis, startWithings, tempDir } from './servers.js';

const PEOPLE = 32;
/** A token of a second is renewed after three quarters of it: so many that the store is the limit, and not that. */
const PEOPLE_WHO_REFRESH = 240;

/**
 * By where the store is and how many instances there are: requests a second of `paths`, and refreshes a second, each with
 * the call for data that proves its tokens.
 *
 * @param {number} seconds
 */
export async function measureThroughput(seconds) {
  const paths = ['/api/connection', '/dashboard?days=7'];
  const rows = [];
  for (const [name, instances, settings] of SETUPS) {
    const withings = await startWithings();
    const ports = await startApps(instances, { ...callsAt(withings), ...(await settings()) });
    /** @type {import('../torture/visitor.js').Visitor[]} */
    const people = [];
    for (let i = 0; i < PEOPLE; i += 1) people.push(await connect(ports[0] ?? 0, ports[0] ?? 0));
    const rates = [];
    for (const path of paths) rates.push(await rate(ports, people, path, seconds));
    await withings.expireIn(1); // from here on each token is over when it comes
    for (let i = 0; i < PEOPLE_WHO_REFRESH; i += 1) people[i] = await connect(ports[0] ?? 0, ports[0] ?? 0);
    const before = await withings.calls();
    await rate(ports, people, '/api/measures?days=7', seconds);
    rates.push(((await withings.calls()).token - before.token) / seconds);
    rows.push({ name, rates });
    await endAll();
  }
  return { paths, rows };
}

const onRedis = async () => ({ REDIS_URL: (await startRedis('always')).url });
const onPostgres = async () => ({ DATABASE_URL: await startPostgres() });

/** @type {[string, number, () => Promise<Record<string, string>>][]} */
const SETUPS = [
  ['one instance, embedded store', 1, async () => ({ DATA_DIR: tempDir() })],
  ['one instance, PostgreSQL', 1, onPostgres],
  ['one instance, Redis', 1, onRedis],
  ['two instances, PostgreSQL', 2, onPostgres],
  ['two instances, Redis', 2, onRedis],
];

/** @param {number[]} ports @param {import('../torture/visitor.js').Visitor[]} people @param {string} path @param {number} seconds */
async function rate(ports, people, path, seconds) {
  for (const { cookie } of people) await ask(ports[0] ?? 0, 'GET', path, { Cookie: cookie }); // then data are known
  let answered = 0;
  const end = performance.now() + seconds * 1000;
  await Promise.all(
    people.map(async ({ cookie }, i) => {
      for (let turn = i; performance.now() < end; turn += 1) {
        const { status } = await ask(ports[turn % ports.length] ?? 0, 'GET', path, { Cookie: cookie });
        if (status === 200) answered += 1;
      }
    }),
  );
  return answered / seconds;
}
