import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

// What a test takes of the machine, and gives back at its end.

const cleanups: (() => Promise<void> | void)[] = [];

/** Runs at the end of the test, the last one first. */
export function atEnd(cleanup: () => Promise<void> | void): void {
  cleanups.push(cleanup);
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A directory that goes with the test; in memory where there is room, since few tests ask anything of a disk. */
export function tempDir(parent = hasRoom(MEMORY) ? MEMORY : tmpdir()): string {
  const dir = mkdtempSync(join(parent, 'connect-'));
  atEnd(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** For tests of what is durable: every sync is one. */
export function tempDirOnDisk(): string {
  return tempDir(tmpdir());
}

const MEMORY = '/dev/shm';

/** A container's is 64 MB, unless it was asked for more. */
function hasRoom(place: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize > 256 * 1024 ** 2;
  } catch {
    return false; // there is none
  }
}

/**
 * A port that nobody listens on. Each worker has a range of its own, below the ports that systems hand out by
 * themselves, so that a server which restarts finds its port free.
 */
export async function freePort(): Promise<number> {
  const base = 20_000 + (Number(process.env.JEST_WORKER_ID ?? 1) % 20) * 500;
  for (let tries = 0; tries < 500; tries += 1) {
    const port = base + (nextPort++ % 500);
    if (await canListen(port)) return port;
  }
  throw new Error('No free port');
}

let nextPort = process.pid; // somewhere in the range, so that two runs of the tests seldom meet

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
