import { freePorts } from '../torture/ground.js';
import { ask } from '../torture/http.js';
import { median } from './cpu.js';
import { callsAt, endAll, startServer, startWithings, tempDir } from './servers.js';
import { connect, page } from './visits.js';

/** Two processes that do the same differ by some per cent for as long as they live: so there are several pairs. */
const PAIRS = 5;
const SLICE = 250;
const AT_ONCE = 10;
/** What a visit asks for. */
const PATHS = ['/dashboard', '/api/connection'];

/**
 * What metrics cost: the same visits to a program with them and to one without, turn by turn, each pair anew. It is
 * scraped once, as Prometheus would in the time that so many requests take.
 *
 * @param {number} requests to each of a pair, after a tenth of as many that warm up
 * @returns {Promise<{ ratio: number, least: number, most: number }>} CPU of the one with them as a multiple of the
 *   other's: the median of the pairs, and its range
 */
export async function measureMetrics(requests) {
  const ratios = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    ratios.push(await ratioOfPair(requests, pair % 2 === 1));
    await endAll();
  }
  return { ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

/** @param {number} requests @param {boolean} isCountedFirst which of them starts, and has the first turn */
async function ratioOfPair(requests, isCountedFirst) {
  const withings = await startWithings();
  const [metricsPort = 0, ...ports] = await freePorts(3);

  async function start(/** @type {boolean} */ isCounted) {
    const env = isCounted ? { METRICS_PORT: String(metricsPort) } : {};
    const own = { PORT: String(ports.pop()), DATA_DIR: tempDir(), LOG_LEVEL: 'warn' };
    const server = await startServer({ ...callsAt(withings), ...own, ...env });
    return { ...server, isCounted, cookie: await connect(server.port), cpuMs: 0 };
  }

  const inTurn = [await start(isCountedFirst), await start(!isCountedFirst)];
  for (let done = -requests / 10; done < requests; done += SLICE) {
    for (const server of inTurn) {
      const before = (await server.usage()).cpuMs;
      for (let asked = 0; asked < SLICE; asked += AT_ONCE) {
        await Promise.all(
          Array.from({ length: AT_ONCE }, (_, i) =>
            page(server.port, PATHS[i % PATHS.length] ?? '', server.cookie),
          ),
        );
      }
      if (done === 0 && server.isCounted) await ask(metricsPort, 'GET', '/metrics');
      if (done >= 0) server.cpuMs += (await server.usage()).cpuMs - before;
    }
    inTurn.reverse();
  }
  const spent = (/** @type {boolean} */ isCounted) =>
    inTurn.find((server) => server.isCounted === isCounted)?.cpuMs ?? 0;
  return spent(true) / spent(false);
}
