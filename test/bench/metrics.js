import { freePorts } from '../torture/ground.js';
import { ask } from '../torture/http.js';
import { median } from './cpu.js';
import { callsAt, endAll, startServer, startWithings, tempDir } from './servers.js';
import { connect, page } from './visits.js';

const ROUNDS = 9;
const AT_ONCE = 20;

/**
 * What metrics cost: the same requests to a program with them and to one without, side by side, scraped meanwhile.
 *
 * @param {number} requests in each round
 * @returns {Promise<number>} CPU of the one with them as a multiple of the other's, the median of pairs
 */
export async function measureMetrics(requests) {
  const withings = await startWithings();
  const start = (/** @type {Record<string, string>} */ env) =>
    startServer({ ...callsAt(withings), DATA_DIR: tempDir(), LOG_LEVEL: 'warn', ...env });
  const without = await start({});
  const [port = 0, metricsPort = 0] = await freePorts(2);
  const counted = await start({ PORT: String(port), METRICS_PORT: String(metricsPort) });
  const servers = [without, counted];
  const cookies = await Promise.all(servers.map((server) => connect(server.port)));

  /** @param {number} which */
  async function cpuOf(which) {
    const [server, cookie = ''] = [servers[which], cookies[which]];
    if (!server) throw new Error('There are two');
    const before = (await server.usage()).cpuMs;
    for (let done = 0; done < requests; done += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => page(server.port, '/api/connection', cookie)));
      if (which === 1 && done % 2000 === 0) await ask(metricsPort, 'GET', '/metrics');
    }
    return (await server.usage()).cpuMs - before;
  }

  const ratios = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    const spent = [0, 0];
    for (const which of order) spent[which] = await cpuOf(which);
    if (round > 0) ratios.push((spent[1] ?? 0) / (spent[0] ?? 1)); // the first warms up
  }
  await endAll();
  return median(ratios);
}
