import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './http.js';

const START_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 20;
const LINES_KEPT = 20;
const TRY_AGAIN_MS = 100;

/**
 * @typedef {object} Running
 * @property {import('node:child_process').ChildProcess} child
 * @property {number} port
 * @property {boolean} ready it serves
 */

/**
 * One process of the app with a successor that waits, as in a rolling restart: whoever is killed is replaced at once,
 * and the next successor starts. They run until they are killed; ending by itself is an accident.
 *
 * @param {object} about
 * @param {string} about.name
 * @param {number[]} about.ports
 * @param {string} about.dir
 * @param {Record<string, string>} about.env
 * @param {(bornAt: number) => boolean} about.mayFail to start, because its store was away since; it is started again
 */
export function createProcess({ name, ports, dir, env, mayFail }) {
  /** @type {Running | null} */
  let serving = null;
  /** @type {Running | null} */
  let next = null;
  let isPaused = false;
  let isOver = false;
  /** @type {string[]} */
  const lines = [];
  /** @type {string[]} */
  const accidents = [];
  const counts = { kills: 0, pauses: 0 };

  /** Failed visits are counted where they are made; kept is what the log says otherwise. @param {Buffer} chunk */
  function listen(chunk) {
    const all = String(chunk).split('\n');
    lines.push(...all.filter((line) => line !== '' && !line.includes('"msg":"request"')));
    lines.splice(0, lines.length - LINES_KEPT);
  }

  /** Starts a successor on the port that is free. */
  async function raise() {
    const port = ports.find((candidate) => candidate !== serving?.port) ?? 0;
    const options = { cwd: dir, env: { PATH: process.env.PATH ?? '', ...env, PORT: String(port) } };
    const child = spawn(process.execPath, ['dist/main.js'], options);
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    const mine = { child, port, ready: false };
    const bornAt = performance.now();
    next = mine;
    child.once('exit', (code, signal) => {
      if (serving !== mine && next !== mine) return; // we killed it
      if (!mine.ready && mayFail(bornAt)) void raiseAgain();
      else
        accidents.push(`A process ${name} ended by itself (code ${code}, ${signal}):\n${lines.join('\n')}`);
    });
    const end = performance.now() + START_WITHIN_MS;
    while (next === mine && performance.now() < end) {
      mine.ready = (await ask(port, 'GET', '/healthz')).status === 200;
      if (mine.ready && next === mine) return transfer();
      await sleep(LOOK_EVERY_MS);
    }
    if (next === mine) accidents.push(`A process ${name} does not serve:\n${lines.join('\n')}`);
  }

  /** As whoever looks after processes does. */
  async function raiseAgain() {
    next = null;
    await sleep(TRY_AGAIN_MS);
    if (!next && !isOver) void raise();
  }

  /** If there is nobody who serves, and a successor who can. */
  function transfer() {
    if (serving || !next?.ready) return;
    serving = next;
    next = null;
    void raise();
  }

  /** @param {Running | null} victim */
  function slay(victim) {
    if (!victim) return;
    if (victim === serving) serving = null;
    if (victim === next) next = null;
    victim.child.once('exit', () => {
      if (!next && !isOver) void raise(); // the port is free again
    });
    victim.child.kill('SIGKILL');
  }

  return {
    name,
    counts,
    accidents,
    lines,
    port: () => serving?.port ?? ports[0] ?? 0,
    isUp: () => serving !== null && !isPaused,
    /** A kill now would be made up for at once. */
    isSpared: () => serving !== null && next?.ready === true,

    /** Resolves when it serves and has a successor. */
    async start() {
      void raise();
      const end = performance.now() + START_WITHIN_MS;
      while (!next?.ready && accidents.length === 0 && performance.now() < end) await sleep(LOOK_EVERY_MS);
    },

    /** kill -9: nothing it has begun is finished. */
    kill() {
      if (!serving) return;
      counts.kills += 1;
      isPaused = false;
      slay(serving);
      transfer();
    },

    /** The successor first: for a moment there is nobody. */
    killWithSuccessor() {
      slay(next);
      this.kill();
    },

    /** Stops it in its tracks and lets it go on later as if nothing had happened. @param {number} ms */
    async pause(ms) {
      const paused = serving;
      if (!paused || isPaused) return;
      paused.child.kill('SIGSTOP');
      isPaused = true;
      counts.pauses += 1;
      await sleep(ms);
      if (serving !== paused) return;
      paused.child.kill('SIGCONT');
      isPaused = false;
    },

    /** At the end of the run; does not count. */
    end() {
      isOver = true;
      slay(next);
      slay(serving);
    },
  };
}

/** @typedef {ReturnType<typeof createProcess>} AppProcess */
