/**
 * `npm run bench`: what this program costs, beside what is wanted of it. Ratios are of one run and travel; figures in
 * milliseconds and megabytes are this machine's. `-- --people 100000` fills the store with fewer, `-- --only cpu` measures
 * a part.
 */
import { parseArgs } from 'node:util';
import { measureCpu, measureSandbox } from './cpu.js';
import { measureFsyncs } from './fsyncs.js';
import { measureMemory } from './memory.js';
import { measureMetrics } from './metrics.js';
import { measureOperations } from './operations.js';
import { measureRushes } from './rush.js';
import { endAll } from './servers.js';
import { measureStatements } from './statements.js';
import { table, wanted } from './table.js';
import { measureThroughput } from './throughput.js';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const people = Number(values.people);

/** @type {Record<string, () => Promise<void>>} */
const PARTS = {
  async rush() {
    const { five, one, most, drained, hoursFor8000, onTwo } = await measureRushes();
    wanted('a rush at 120 calls a minute, simulated', [
      ['tokens that have run out, 5 a second for 100 s: pages of 500 with data', five.shown, '≥', 20],
      ['new connections besides, of 50', five.connected, '≥', 45],
      ['calls for a page that then shows nothing', five.inVain, '≤', 0],
      ['one a second: pages of 100 with data', one, '≥', 24],
      ['most calls in any 60 seconds', most, '≤', 120],
      ['unfinished refreshes: calls a minute', drained, '≥', 110],
      ['8,000 of them at this pace, hours', hoursFor8000, '<', 2.5],
      ['two instances at 30 calls a minute: pages of the one that shows fewer', Math.min(...onTwo), '≥', 3],
      ['and of the other', Math.max(...onTwo), '≤', 1.5 * Math.min(...onTwo)],
    ]);
  },
  async fsyncs() {
    const { connecting, month, again, year, renewing } = await measureFsyncs();
    wanted('fsyncs and calls to Withings, the median', [
      ['connect: fsyncs', connecting.fsyncs, '≤', 2],
      ['refresh with its data: fsyncs', renewing.fsyncs, '≤', 3],
      ['first dashboard: fsyncs', month.fsyncs, '≤', 0],
      ['first dashboard, 30 days: calls it waits for', month.calls, '≤', 4],
      ['a year: calls it waits for', year.calls, '≤', 7],
      ['30 days: all calls, with what changes slowly', month.calls + month.slow, '≤', 8],
      ['the same again within 5 minutes: calls', again.calls + again.slow, '≤', 0],
      ['with a token that has run out: calls it waits for', renewing.calls, '≤', 5],
    ]);
  },
  async cpu() {
    const { connecting, first, known, status, rss } = await measureCpu(Math.min(people, 4000));
    const sandbox = await measureSandbox();
    wanted('CPU, as a multiple of Express, express-session and axios by hand', [
      [
        `connect and callback (${connecting.ms.toFixed(2)} ms), sessions in memory`,
        connecting.ofMemory,
        '≤',
        1,
      ],
      ['the same, sessions in SQLite at synchronous=FULL', connecting.ofFile, '≤', 0.6],
      [`first dashboard, 4 calls (${first.ms.toFixed(2)} ms)`, first.ofPeer, '≤', 6],
      [`/api/connection (${status.ms.toFixed(2)} ms), the peer's page`, status.ofPeer, '≤', 1.2],
      [
        `/dashboard, data known (${known.ms.toFixed(2)} ms), the peer's page with 4 calls`,
        known.ofPeer,
        '≤',
        2.5,
      ],
      [`RSS after ${rss.people} people connected (${rss.mb.toFixed(0)} MB)`, rss.ofPeer, '≤', 1.2],
      ['a dashboard asked anew of the embedded sandbox, ms', sandbox, '≤', 10],
    ]);
  },
  async statements() {
    const figures = await measureStatements(people);
    wanted(
      `the embedded store with ${people} people, a tenth due: ms`,
      figures.map(({ name, ms }) => [name, ms, '≤', 5]),
    );
    const { name, mostMs } = figures.toSorted((a, b) => b.mostMs - a.mostMs)[0] ?? { name: '', mostMs: 0 };
    wanted('the event loop stands still', [[`longest, in ${name}: ms`, mostMs, '≤', 50]]);
  },
  async metrics() {
    const { ratio, least, most } = await measureMetrics(10_000);
    wanted('metrics, CPU of 10,000 requests, the median of five pairs', [
      [
        `with METRICS_PORT and scraped, as a multiple (${least.toFixed(3)} to ${most.toFixed(3)})`,
        ratio,
        '≤',
        1.02,
      ],
    ]);
  },
  async sizes() {
    const memory = await measureMemory(Math.min(people, 20_000));
    const bytes = [memory.redisBytes.toFixed(0), memory.sqliteBytes.toFixed(0)];
    table(
      ['connected people', 'Redis, bytes each', 'SQLite, bytes each'],
      [[String(memory.people), ...bytes]],
    );
    await endAll();
    const operations = await measureOperations();
    table(
      ['', 'commands to Redis', 'calls to Withings'],
      operations.map(({ name, redis, withings }) => [name, redis.toFixed(1), withings.toFixed(1)]),
    );
  },
  async throughput() {
    const { paths, rows } = await measureThroughput(Number(values.seconds));
    table(
      ['', ...paths.map((path) => `\`${path}\`, 1/s`), 'refreshes, 1/s', 'of the embedded store’s'],
      rows.map(({ name, rates }) => {
        const ofFirst = (rates.at(-1) ?? 0) / (rows[0]?.rates.at(-1) ?? 0);
        return [name, ...rates.map((rate) => rate.toFixed(0)), ofFirst.toFixed(1)];
      }),
    );
  },
};

try {
  for (const [name, measure] of Object.entries(PARTS)) {
    if (values.only && values.only !== name) continue;
    await measure();
    await endAll();
  }
} finally {
  await endAll();
}
process.exit(0); // keep-alive connections would hold the terminal
