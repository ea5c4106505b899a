import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@redis/client';
import { freePorts } from '../torture/ground.js';
import { ask } from '../torture/http.js';

const MAIN = resolve(import.meta.dirname, '../../dist/main.js');
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

/** @param {string} command @param {string[]} args @param {Record<string, string>} [env] */
function run(command, args, env = {}) {
  const child = spawn(command, args, {
    cwd: tempDir(),
    env: { PATH: process.env.PATH, ...env },
    stdio: 'ignore',
  });
  const gone = new Promise((settle) => child.once('exit', settle));
  ends.push(() => {
    child.kill('SIGKILL');
    return gone;
  });
}

/** A redis-server of our own, with the settings that the documentation asks for. @param {'always' | 'no'} sync */
export async function startRedis(sync) {
  const [port = 0] = await freePorts(1);
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', tempDir(), '--save', ''];
  run('redis-server', [...place, '--appendonly', sync === 'no' ? 'no' : 'yes', '--appendfsync', sync]);
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

/** So many instances of the built program. @param {number} count @param {Record<string, string>} env */
export async function startApps(count, env) {
  const ports = await freePorts(count);
  for (const port of ports) {
    run(process.execPath, [MAIN], {
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${ports[0]}`,
      SESSION_SECRET: SECRET,
      WITHINGS_CLIENT_ID: 'bench',
      WITHINGS_CLIENT_SECRET: 'bench-secret',
      WITHINGS_CALLS_PER_MINUTE: '100000',
      LOG_LEVEL: 'warn',
      ...env,
    });
    await until(async () => (await ask(port, 'GET', '/healthz')).status === 200);
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
