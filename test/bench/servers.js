import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@redis/client';
import { createCluster } from '../postgres/cluster.js';
import { freePorts } from '../torture/ground.js';
import { ask } from '../torture/http.js';

const HERE = import.meta.dirname;
const MAIN = resolve(HERE, '../../dist/main.js');
export const SECRET = 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ';

/** @type {(() => unknown)[]} */
const ends = [];

export async function endAll() {
  for (const end of ends.splice(0).reverse()) await end();
}

export function tempDir() {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  ends.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** @param {string[]} command @param {Record<string, string>} [env] */
function run([command = '', ...args], env = {}) {
  const child = spawn(command, args, {
    cwd: tempDir(),
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const gone = new Promise((settle) => child.once('exit', settle));
  ends.push(() => {
    child.kill('SIGKILL');
    return gone;
  });
  return child;
}

/** @param {import('node:child_process').ChildProcess} child @param {object} message */
async function tell(child, message) {
  const [answer] = await Promise.all([once(child, 'message'), child.send(message)]);
  return answer[0];
}

export async function startWithings() {
  const child = run([process.execPath, join(HERE, 'withings.js')]);
  const [{ url }] = await once(child, 'message');
  return {
    url,
    /** So many calls there were. @returns {Promise<{ token: number, data: number, slow: number }>} */
    calls: () => tell(child, {}),
    /** Tokens live so many seconds from now on. @param {number} expiresIn */
    expireIn: (expiresIn) => tell(child, { expiresIn }),
  };
}

/** A redis-server of our own, with the settings that the documentation asks for. @param {'always' | 'no'} sync */
export async function startRedis(sync) {
  const [port = 0] = await freePorts(1);
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', tempDir(), '--save', ''];
  run(['redis-server', ...place, '--appendonly', sync === 'no' ? 'no' : 'yes', '--appendfsync', sync]);
  await until(() => canConnect(port));
  const url = `redis://127.0.0.1:${port}`;
  const client = await createClient({ url, RESP: 2 }).connect();
  ends.push(() => client.destroy());
  return {
    url,
    /** A number out of INFO. @param {string} section @param {RegExp} line */
    info: async (section, line) =>
      Number(line.exec(String(await client.sendCommand(['INFO', section])))?.[1] ?? 0),
    reset: () => client.sendCommand(['CONFIG', 'RESETSTAT']),
  };
}

/** A PostgreSQL of our own, on a disk as its peers; its address. */
export async function startPostgres() {
  const cluster = await createCluster({}, tmpdir());
  ends.push(async () => {
    await cluster.kill();
    cluster.remove();
  });
  await cluster.start();
  return cluster.url();
}

/**
 * The built program, or a peer, in a process of its own.
 *
 * @param {Record<string, string>} env
 * @param {{ script?: string, under?: string[], health?: string }} [options] `under`: the command that runs it
 */
export async function startServer(env, { script = MAIN, under = [], health = '/healthz' } = {}) {
  const port = Number(env.PORT ?? (await freePorts(1))[0]);
  const child = run([...under, process.execPath, '--import', join(HERE, 'usage.js'), script], {
    HOST: '127.0.0.1',
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    SESSION_SECRET: SECRET,
    ...env,
    PORT: String(port),
  });
  await until(async () => (await ask(port, 'GET', health)).status === 200);
  return {
    port,
    /** CPU in milliseconds and memory in bytes. @returns {Promise<{ cpuMs: number, rss: number }>} */
    usage: () => tell(child, {}),
  };
}

/** Settings for a program that is to call this Withings. @param {{ url: string }} withings */
export function callsAt({ url }) {
  return {
    WITHINGS_AUTHORIZE_URL: `${url}/oauth2_user/authorize2`,
    WITHINGS_API_URL: `${url}/`,
    WITHINGS_CLIENT_ID: 'bench',
    WITHINGS_CLIENT_SECRET: 'bench-secret',
    WITHINGS_CALLS_PER_MINUTE: '100000',
    SWEEP_SECONDS: '3600',
  };
}

/** So many instances of the built program on one address. @param {number} count @param {Record<string, string>} env */
export async function startApps(count, env) {
  const ports = await freePorts(count);
  const PUBLIC_URL = `http://127.0.0.1:${ports[0]}`;
  for (const port of ports) {
    await startServer({ PUBLIC_URL, PORT: String(port), LOG_LEVEL: 'warn', ...env });
  }
  return ports;
}

/** @param {() => Promise<boolean>} isSo */
async function until(isSo) {
  for (let looks = 0; looks < 500; looks += 1) {
    if (await isSo()) return;
    await new Promise((wait) => setTimeout(wait, 20));
  }
  throw new Error('A server did not start');
}

/** @param {number} port @returns {Promise<boolean>} */
function canConnect(port) {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      settle(true);
    });
    socket.once('error', () => settle(false));
  });
}
