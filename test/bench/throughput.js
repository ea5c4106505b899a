import { ask } from '../torture/http.js';
import { connect } from '../torture/visitor.js';
import { callsAt, startApps, startRedis, startWithings, tempDir } from './servers.js';

const PEOPLE = 32;

/** Requests a second of `paths`, by where the store is and how many instances there are. @param {number} seconds */
export async function measureThroughput(seconds) {
  const paths = ['/api/connection', '/dashboard?days=7'];
  const rows = [];
  for (const [name, instances, store] of SETUPS) {
    const withings = await startWithings();
    const ports = await startApps(instances, {
      ...callsAt(withings),
      ...(store === 'redis' ? { REDIS_URL: (await startRedis('always')).url } : { DATA_DIR: tempDir() }),
    });
    /** @type {import('../torture/visitor.js').Visitor[]} */
    const people = [];
    for (let i = 0; i < PEOPLE; i += 1) people.push(await connect(ports[0] ?? 0, ports[0] ?? 0));
    const rates = [];
    for (const path of paths) rates.push(await rate(ports, people, path, seconds));
    rows.push({ name, rates });
  }
  return { paths, rows };
}

/** @type {[string, number, 'file' | 'redis'][]} */
const SETUPS = [
  ['one instance, embedded store', 1, 'file'],
  ['one instance, Redis', 1, 'redis'],
  ['two instances, Redis', 2, 'redis'],
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
