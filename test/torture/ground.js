import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
/** Below the ports that systems hand out by themselves, so that a process which restarts finds its port free. */
const PORTS = { from: 31_000, to: 32_700 };

/** A disk in memory, where there is one: kill -9 takes nothing from it either, and a sync costs nothing. */
const QUICK_DISK = '/dev/shm';

const READER = 'test/torture/reader.js';

/** A folder of this run's own, with a copy of the built app: somebody may build again meanwhile. */
export function prepareGround() {
  const dir = mkdtempSync(join(existsSync(QUICK_DISK) ? QUICK_DISK : tmpdir(), 'torture-'));
  const appDir = join(dir, 'app');
  const dataDir = join(dir, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  for (const part of ['dist', 'views', 'public', 'package.json', READER]) {
    cpSync(join(ROOT, part), join(appDir, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(appDir, 'node_modules'));
  return {
    dir,
    appDir,
    reader: join(appDir, READER),
    dataDir,
    secret: randomBytes(32).toString('base64url'),
  };
}

/** So many ports on which nobody listens. @param {number} count */
export async function freePorts(count) {
  /** @type {number[]} */
  const ports = [];
  const start = PORTS.from + (process.pid % 1000);
  for (let port = start; port < PORTS.to && ports.length < count; port += 1) {
    if (await canListen(port)) ports.push(port);
  }
  if (ports.length < count) throw new Error('No free ports');
  return ports;
}

/** @param {number} port @returns {Promise<boolean>} */
function canListen(port) {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
