import { join } from 'node:path';
import { openDatabase } from '../../dist/store/sqlite/database.js';
import { callsAt, startServer, startWithings, tempDir } from './servers.js';
import { connect, connectToSandbox, forEach, page, tell } from './visits.js';

const PEER = join(import.meta.dirname, 'peer.js');
/** As many calls as a minute of a standard application holds. */
const CALLS_A_ROUND = 120;
/** Compilers take hundreds of turns to see what a page is made of. */
const CONNECTING = { deeds: 100, warmUp: 2, rounds: 8 };
const PAGES = { deeds: CALLS_A_ROUND / 5, warmUp: 25, rounds: 15 };
/** Half of them warm up. */
const SANDBOX_VIEWS = 80;
const [OURS, MEMORY, FILE] = [0, 1, 2];

/**
 * CPU of what people do, against peers that do the same by hand: medians of rounds in which each has its turn. And the
 * memory that so many connected people leave behind.
 *
 * @param {number} people
 */
export async function measureCpu(people) {
  const withings = await startWithings();
  const dataDir = tempDir();
  const at = { WITHINGS_URL: withings.url };
  const peer = { script: PEER, health: '/' };
  const ours = await startServer({ ...callsAt(withings), DATA_DIR: dataDir });
  const memory = await startServer(at, peer);
  const file = await startServer({ ...at, SESSIONS_FILE: join(tempDir(), 'sessions.db') }, peer);
  const servers = [ours, memory, file];
  const line = openDatabase(join(dataDir, 'unsynced.db'), 'NORMAL');
  /** @type {string[][]} */
  const cookies = [[], [], []];

  /** Milliseconds of each in each round. @param {Race} race @param {number[]} who */
  async function race({ deeds, warmUp, rounds, deed }, who) {
    /** @type {number[][]} */
    const spent = [];
    for (let round = 0; round < warmUp + rounds; round += 1) {
      /** @type {number[]} */
      const ms = [];
      for (const i of who) {
        const server = servers[i] ?? ours;
        line.exec('DELETE FROM calls'); // of the round before: nobody makes so many in a minute
        const before = await server.usage();
        const turns = Array.from({ length: deeds }, (_, turn) => round * deeds + turn);
        await forEach(turns, (turn) => deed(server.port, i, turn));
        ms[i] = ((await server.usage()).cpuMs - before.cpuMs) / deeds;
      }
      if (round >= warmUp) spent.push(ms);
    }
    return spent;
  }

  /** @param {string} path @param {string} peersPath */
  function show(path, peersPath) {
    /** @type {Deed} */
    const deed = (port, i, turn) => page(port, i === OURS ? path : peersPath, cookies[i]?.[turn] ?? '');
    return race({ ...PAGES, deed }, [OURS, MEMORY]);
  }

  const rounds = Math.max(CONNECTING.rounds, Math.ceil(people / CONNECTING.deeds) - CONNECTING.warmUp);
  /** @type {Deed} */
  const deed = async (port, i) => void cookies[i]?.push(await connect(port));
  const connecting = await race({ ...CONNECTING, rounds, deed }, [OURS, MEMORY, FILE]);
  const [mine, theirs] = [await ours.usage(), await memory.usage()];
  const first = await show('/dashboard', '/dashboard');
  const known = await show('/dashboard', '/dashboard');
  const status = await show('/api/connection', '/');
  line.close();
  return {
    connecting: {
      ms: msOf(connecting),
      ofMemory: ratio(connecting, MEMORY),
      ofFile: ratio(connecting, FILE),
    },
    first: { ms: msOf(first), ofPeer: ratio(first, MEMORY) },
    known: { ms: msOf(known), ofPeer: ratio(known, MEMORY) },
    status: { ms: msOf(status), ofPeer: ratio(status, MEMORY) },
    rss: { people: cookies[OURS]?.length ?? 0, mb: mine.rss / 2 ** 20, ofPeer: mine.rss / theirs.rss },
  };
}

/** CPU of a dashboard where Withings is the sandbox in the same process, which answers every question anew; milliseconds. */
export async function measureSandbox() {
  const app = await startServer({ DATA_DIR: tempDir() });
  const cookie = await connectToSandbox(app.port);
  const spent = [];
  for (let view = 0; view < SANDBOX_VIEWS; view += 1) {
    await tell(app.port, '/sandbox/control/clock', { advanceSeconds: 360 });
    const before = await app.usage();
    await page(app.port, '/dashboard', cookie);
    if (view >= SANDBOX_VIEWS / 2) spent.push((await app.usage()).cpuMs - before.cpuMs);
  }
  return median(spent);
}

/** @typedef {(port: number, server: number, turn: number) => Promise<unknown>} Deed */
/** @typedef {{ deeds: number, warmUp: number, rounds: number, deed: Deed }} Race */

/** @param {number[][]} spent @param {number} peer */
function ratio(spent, peer) {
  return median(spent.map((ms) => (ms[OURS] ?? 0) / (ms[peer] ?? 0)));
}

/** @param {number[][]} spent */
function msOf(spent) {
  return median(spent.map(([ms = 0]) => ms));
}

/** @param {number[]} values */
export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
