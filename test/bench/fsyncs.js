import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './cpu.js';
import { callsAt, startServer, startWithings, tempDir } from './servers.js';
import { connect, page } from './visits.js';

const TIMES = 15;

/**
 * What connecting, a first dashboard and one with a token that has run out cost in syncs to the disk (null: there is no
 * strace to count them with) and in calls to Withings that the page waits for.
 */
export async function measureFsyncs() {
  const withings = await startWithings();
  const trace = join(tempDir(), 'trace');
  const canTrace = spawnSync('strace', ['-V']).status === 0;
  const strace = [
    'strace',
    '-D',
    '-f',
    '-y',
    '-qq',
    '-e',
    'trace=fsync,fdatasync',
    '-e',
    'signal=none',
    '-o',
    trace,
  ];
  const env = { ...callsAt(withings), DATA_DIR: tempDir() };
  const app = await startServer(env, { under: canTrace ? strace : [] });
  /** @type {string[]} */
  const people = [];

  const fsyncs = () => (canTrace ? (readFileSync(trace, 'latin1').match(/sync\(/g)?.length ?? 0) : 0);

  /** The median of each: now and then one comes upon a checkpoint. @param {(turn: number) => Promise<unknown>} deed */
  async function each(deed) {
    /** @type {Record<'fsyncs' | 'calls' | 'slow', number[]>} */
    const took = { fsyncs: [], calls: [], slow: [] };
    for (let turn = 0; turn < TIMES; turn += 1) {
      const before = { fsyncs: fsyncs(), ...(await withings.calls()) };
      await deed(turn);
      await new Promise((settle) => setTimeout(settle, 150)); // what goes on in the background belongs to it
      const { token, data, slow } = await withings.calls();
      took.fsyncs.push(fsyncs() - before.fsyncs);
      took.calls.push(token + data - before.token - before.data);
      took.slow.push(slow - before.slow);
    }
    return {
      fsyncs: canTrace ? median(took.fsyncs) : null,
      calls: median(took.calls),
      slow: median(took.slow),
    };
  }

  /** @param {string} path */
  function show(path) {
    return each((turn) => page(app.port, path, people[turn] ?? ''));
  }

  async function newPeople() {
    for (let turn = 0; turn < TIMES; turn += 1) people[turn] = await connect(app.port);
  }

  const connecting = await each(async () => people.push(await connect(app.port)));
  const month = await show('/dashboard');
  const again = await show('/dashboard');
  await newPeople();
  const year = await show('/dashboard?days=365');
  await withings.expireIn(1);
  await newPeople();
  await new Promise((expire) => setTimeout(expire, 1000));
  await withings.expireIn(10_800);
  const renewing = await show('/dashboard');
  return { connecting, month, again, year, renewing };
}
