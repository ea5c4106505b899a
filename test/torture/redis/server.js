import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';

const START_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 20;

/**
 * A redis-server of this run's own, which can be killed, stopped, and started again on the same folder. It runs until
 * it is killed; ending by itself is an accident.
 *
 * @param {{ port: number, dir: string, fsync: string }} about
 */
export function createServer({ port, dir, fsync }) {
  mkdirSync(dir, { mode: 0o700 });
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--logfile', 'redis.log'];
  const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', fsync];
  const args = [...place, ...durable, '--repl-diskless-sync-delay', '0']; // there is one replica to wait for
  /** @type {import('node:child_process').ChildProcess | null} */
  let child = null;
  /** When it last came back. */
  let backAt = Number.POSITIVE_INFINITY;
  /** @type {string[]} */
  const accidents = [];

  /** Resolves when it serves: while it reads its file it answers PING with an error. */
  async function start() {
    const born = spawn(process.env.REDIS_SERVER ?? 'redis-server', args, { stdio: 'ignore' });
    child = born;
    born.once('error', (error) => accidents.push(`redis-server: ${error.message}`));
    born.once('exit', (code, signal) => {
      if (child === born)
        accidents.push(`redis-server ended by itself (code ${code}, ${signal}), see redis.log`);
    });
    const end = performance.now() + START_WITHIN_MS;
    while (accidents.length === 0 && performance.now() < end) {
      if (await answers(port)) {
        backAt = performance.now();
        return;
      }
      await sleep(LOOK_EVERY_MS);
    }
    accidents.push('redis-server does not serve, see redis.log');
  }

  const url = `redis://127.0.0.1:${port}`;
  return {
    port,
    url,
    accidents,
    start,

    /** As an operator does. @param {string[]} words @returns {Promise<unknown>} */
    async ask(...words) {
      const client = createClient({ url, RESP: 2, socket: { reconnectStrategy: false } });
      client.on('error', () => {}); // each question fails for itself
      await client.connect();
      try {
        return await client.sendCommand(words);
      } finally {
        client.destroy();
      }
    },

    /** SIGKILL, at once. Resolves when it is gone. */
    async kill() {
      const victim = child;
      if (!victim) return;
      child = null;
      backAt = Number.POSITIVE_INFINITY;
      const gone = once(victim, 'exit');
      victim.kill('SIGKILL');
      await gone;
    },

    /** SIGSTOP: it stands still with all its lines open, and does later what it was sent meanwhile. */
    freeze() {
      backAt = Number.POSITIVE_INFINITY;
      child?.kill('SIGSTOP');
    },

    thaw() {
      child?.kill('SIGCONT');
      backAt = performance.now();
    },

    /** At some moment since then it did not serve. @param {number} at */
    wasAwaySince: (at) => backAt >= at,
  };
}

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => void socket.write('PING\r\n'));
    socket.setTimeout(1000, () => socket.destroy());
    socket.once('data', (data) => {
      socket.destroy();
      resolve(String(data).includes('PONG'));
    });
    socket.once('error', () => {});
    socket.once('close', () => resolve(false));
  });
}

/** @typedef {ReturnType<typeof createServer>} RedisServer */
