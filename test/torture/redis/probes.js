import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOfFile } from './file.js';

const EVERY_MS = 20;
/** Answers come once a second, so about fifty wait at a time. */
const MOST_LINES = 300;
/** Redis begins a sync a second after it began the last one, so none ends within this after one has. */
const BETWEEN_SYNCS_MS = { from: 30, to: 600 };
const DRAIN_MS = 100;
const SYNC_WITHIN_MS = 5000;

/**
 * @typedef {object} Probe
 * @property {import('./file.js').FileEnd | null | undefined} end of the file when the SET had been answered
 */

/**
 * What a crash of the host may leave where the app asks WAITAOF under `appendfsync everysec`: all that somebody was
 * told to be on the disk, and as little as possible beyond. Nobody outside Redis sees how far a sync went, so:
 *
 * each probe is a SET and a WAITAOF in one packet, on a line of its own. A probe that still waits was written after
 * the last finished sync had begun: otherwise that sync would have covered it, and it would have been answered with
 * all the others that waited. So when its SET was answered the file was at least as long as that sync reached, and
 * so it is with each: everything that the app was told of lies within the shortest of these lengths.
 *
 * Redis answers those who wait one after another. It is stopped only where no sync can end just then, so that nobody
 * has been told while the probes have not.
 *
 * @param {{ dir: string, port: number, server: import('./server.js').RedisServer, chance: import('../chance.js').Chance }} parts
 */
export function createProbes({ dir, port, server, chance }) {
  /** @type {Set<Probe>} */
  const waiting = new Set();
  /** @type {import('node:net').Socket[]} */
  const idle = [];
  let lines = 0;
  let answeredAt = 0;
  const timer = setInterval(() => {
    const line = idle.pop();
    if (line) send(line);
    else if (lines < MOST_LINES) open();
  }, EVERY_MS);

  function open() {
    lines += 1;
    const line = connect(port, '127.0.0.1', () => send(line));
    line.once('error', () => {});
    line.once('close', () => {
      lines -= 1;
      if (idle.includes(line)) idle.splice(idle.indexOf(line), 1);
    });
  }

  /** @param {import('node:net').Socket} line */
  function send(line) {
    /** @type {Probe} */
    const probe = { end: undefined };
    let text = '';
    waiting.add(probe);
    const hear = (/** @type {Buffer} */ data) => {
      text += data;
      if (text.startsWith('+OK\r\n')) probe.end ??= endOfFile(dir);
      if (!text.endsWith(':1\r\n:0\r\n')) return;
      answeredAt = performance.now();
      waiting.delete(probe);
      line.off('data', hear).off('close', forget);
      idle.push(line);
    };
    const forget = () => waiting.delete(probe);
    line.on('data', hear).once('close', forget);
    line.write('SET torture:probe 1\r\nWAITAOF 1 0 0\r\n');
  }

  /** Resolves when a sync has just ended; false: none did. */
  async function syncEnded() {
    const begun = performance.now();
    while (answeredAt < begun && performance.now() - begun < SYNC_WITHIN_MS) await sleep(5);
    return answeredAt >= begun;
  }

  return {
    /** Stops the server. Null: at a moment that cannot be judged. */
    async left() {
      if (!(await syncEnded())) return null;
      await sleep(chance.between(BETWEEN_SYNCS_MS.from, BETWEEN_SYNCS_MS.to));
      const frozenAt = performance.now();
      server.freeze();
      await sleep(DRAIN_MS); // what it had answered before has arrived
      if (answeredAt > frozenAt - BETWEEN_SYNCS_MS.from) return null;
      const path = endOfFile(dir)?.path;
      const ends = [...waiting].flatMap(({ end }) => end ?? []);
      if (!path || ends.length === 0 || ends.some((end) => end.path !== path)) return null;
      return { end: { path, size: Math.min(...ends.map(({ size }) => size)) }, refreshes: 0 };
    },
    stop: () => clearInterval(timer),
  };
}
