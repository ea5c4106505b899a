import { once } from 'node:events';
import { connect as openSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../http.js';
import { connect } from '../visitor.js';

/** @typedef {import('node:net').Socket} Socket */

/** For what should come at once. */
const PATIENCE_MS = 1500;
/** Longer than from one heartbeat of a stream to the next (src/dashboard/events.ts). */
const HEARTBEAT_MS = 17_000;
const PATHS = ['GET /events', 'GET /dashboard', 'GET /api/measures.csv', 'GET /connect', 'POST /refresh'];

/**
 * Writes to sockets what a browser would not, and vanishes at every moment: with half a request sent, while it is
 * answered, after two event streams on one connection of which the second one's session has ended.
 *
 * @param {import('./hostile.js').OwnerParts} parts
 * @returns {import('./hostile.js').Hostile}
 */
export function createPipeliner({ port, chance, ours, note, from, cookie }) {
  /** @param {string} line @param {string} cookie */
  function request(line, cookie) {
    const headers = Object.entries({ Host: '127.0.0.1', Cookie: cookie, ...ours, 'Content-Length': '0' });
    return `${line} HTTP/1.1\r\n${headers.map((pair) => pair.join(': ')).join('\r\n')}\r\n\r\n`;
  }

  /** Some of the steps, in their order, and then it is gone. @param {((socket: Socket) => unknown)[]} steps */
  async function goSomeWay(steps) {
    const socket = openSocket({ host: '127.0.0.1', port: port(), localAddress: from });
    socket.on('error', () => {}).resume();
    await heard(socket, 'connect');
    const most = Math.ceil(chance.between(0, steps.length));
    for (const step of steps.slice(0, most)) await step(socket);
    await vanish(socket);
  }

  /** @param {Socket} socket */
  async function vanish(socket) {
    const how = chance.oneOf(['closes', 'resets', 'closes its side']);
    if (how === 'resets') socket.resetAndDestroy();
    if (how === 'closes its side') {
      socket.end();
      await heard(socket, 'close');
    }
    socket.destroy();
  }

  async function askAndVanish() {
    const text = request(chance.oneOf(PATHS), cookie);
    const middle = Math.floor(chance.between(1, text.length));
    await goSomeWay([
      (socket) => socket.write(text.slice(0, middle)),
      (socket) => socket.write(text.slice(middle)),
      () => sleep(chance.between(0, 30)),
      (socket) => heard(socket, 'data'),
    ]);
  }

  async function pipelineTwoStreams() {
    const other = await connect(port(), port(), from).catch(() => null);
    if (!other) return; // a process was killed on the way
    const logOut = async () => {
      const { status } = await ask(port(), 'POST', '/logout', { Cookie: other.cookie, ...ours }, from);
      note('POST /logout', status);
    };
    await goSomeWay([
      (socket) => socket.write(request('GET /events', cookie) + request('GET /events', other.cookie)),
      (socket) => heard(socket, 'data'),
      logOut,
      (socket) => heard(socket, 'close', HEARTBEAT_MS),
    ]);
    await logOut();
  }

  return {
    atOnce: 6,
    everyMs: 100,
    act: () => (chance.hits(30) ? pipelineTwoStreams() : askAndVanish()),
  };
}

/** Resolves when it has happened, or will not any more. @param {Socket} socket @param {string} event */
async function heard(socket, event, withinMs = PATIENCE_MS) {
  if (socket.destroyed) return;
  await once(socket, event, { signal: AbortSignal.timeout(withinMs) }).catch(() => {});
}
