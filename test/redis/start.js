import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {{ server: import('node:child_process').ChildProcess, dir: string } | undefined} */
export let redisOfTheSuites;

/** One redis-server for all suites, on a free port, in a folder of its own; each app gets a database of its own. */
// biome-ignore lint/style/noDefaultExport: Jest calls the default export
export default async function start() {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'connect-redis-'));
  const settings = {
    port,
    bind: '127.0.0.1',
    dir,
    save: '',
    databases: 8000,
    appendonly: 'yes',
    appendfsync: 'always',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn(process.env.REDIS_SERVER ?? 'redis-server', args, { stdio: 'ignore' });
  const missing = once(server, 'error').then(() => {
    throw new Error("There is no redis-server on the PATH: install Debian's package redis-server.");
  });
  await Promise.race([missing, answering(port)]);
  process.env.TEST_REDIS_URL = `redis://127.0.0.1:${port}`;
  redisOfTheSuites = { server, dir };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
  probe.close();
  return port;
}

/** @param {number} port */
async function answering(port) {
  for (let tries = 0; tries < 400; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) return;
    await new Promise((wait) => setTimeout(wait, 25));
  }
  throw new Error('redis-server did not start');
}
