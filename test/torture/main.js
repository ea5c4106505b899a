/**
 * The long proof that no connection is ever lost: two processes of the app on one store, a Withings that loses and
 * delays its answers, kill -9 about once a second, and visitors who want everybody's place. Withings' own ledger is the
 * judge, and how long the others wait.
 *
 *   npm run torture -- --minutes 10 [--connections 800] [--seed N] [--hostile off]
 *                      [--store redis [--redis always|everysec] [--strikes fail-overs|lagging]]
 *                      [--store postgres [--postgres on|off] [--strikes fail-overs]]
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LEASE_MS, settingsOf, TIMEOUT_MS } from './app.js';
import { createChance } from './chance.js';
import { createChaos } from './chaos.js';
import { freePorts, prepareGround } from './ground.js';
import { createHostiles } from './hostile/hostile.js';
import { createJudge } from './judge.js';
import { createLedger } from './ledger.js';
import { createNewcomers } from './newcomers.js';
import { readOptions } from './options.js';
import { startPostgres, weaken } from './postgres/postgres.js';
import { createProcess } from './processes.js';
import { startProvider } from './provider.js';
import { createReadiness } from './readiness.js';
import { createRecords } from './records.js';
import { startRedisPair } from './redis/failovers.js';
import { startRedis } from './redis/redis.js';
import { progress, table, waitsInWords } from './report.js';
import { createTraffic } from './traffic.js';
import { connect } from './visitor.js';
import { createWaits, judgeWaits } from './waits.js';

/** Integer seconds on the wire; renewed from three quarters of it on. */
const ACCESS_LIFE_SECONDS = 2;
/**
 * Withings' 8 hours, shrunk. The app lets 11 s pass after every answer that it did not get (and a lease, if it was
 * killed), and every fifth answer is one of those: fewer than 17 attempts would be bad luck, not a fault of the app.
 */
const GRACE_MS = 300_000;
const VISITS_PER_SECOND = 350;
const CONNECT_AT_ONCE = 8;
const PROGRESS_EVERY_MS = 30_000;
/** More than that many lost connections tell nothing new. */
const STORIES = 10;

const options = readOptions();
const chance = createChance(options.seed);
const ground = prepareGround();
const [portOfModel = 0, portOfServer = 0, one = 0, other = 0, ...ports] = await freePorts(8);
const publicUrl = `http://127.0.0.1:${ports[0]}`;
const ledger = createLedger({ graceMs: GRACE_MS, now: () => performance.now() });
const server = await serverOf(options);
/** @type {import('./processes.js').AppProcess[]} */
const processes = [processOf('a', ports.slice(0, 2)), processOf('b', ports.slice(2))];
/** @type {import('./visitor.js').Visitor[]} */
const visitors = [];
/** @type {string[]} */
const unjudged = [];
/** Nobody kills any more: now every process lives long enough to be brought down by a visitor. */
let isSettling = false;
const records = createRecords({ ...ground, store: server?.env ?? {} });
const judge = createJudge({ ledger, records, chance, processes, visitors });
const chaos = createChaos({ processes, chance, leaseMs: LEASE_MS, letGo: records.close });
const waits = createWaits({ hostile: options.hostile, now: () => performance.now() });
const traffic = createTraffic({
  visitors,
  processes,
  chance,
  publicUrl,
  perSecond: VISITS_PER_SECOND,
  waits,
});

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.once('exit', cleanUp);

const provider = await startProvider({
  ledger,
  chance,
  port: portOfModel,
  timeoutMs: TIMEOUT_MS,
  lifeSeconds: ACCESS_LIFE_SECONDS,
  onMoment(moment, name) {
    chaos.onMoment(moment, name);
    server?.onMoment(moment, name);
  },
  onFirstUse: judge.firstUse,
});
await Promise.all(processes.map((process) => process.start()));
await connectAll();
const newcomers = createNewcomers({ visitors, port: portOfOne, waits });
const hostiles = options.hostile
  ? await createHostiles({ visitors, port: portOfOne, chance, publicUrl, isOn: areHostilesIn })
  : null;
const parts = { processes, server, provider, ledger, judge, traffic, visitors, hostiles };
await torture();
await settle();
finish();

/** @param {string} name @param {number[]} ports */
function processOf(name, ports) {
  const env = settingsOf({ name, publicUrl, portOfModel, ground, store: server?.env ?? {} });
  const mayFail = server ? server.wasAwaySince : () => false;
  return createProcess({ name, ports, dir: ground.appDir, env, mayFail });
}

/** What the store is kept by, where that is a server. @param {import('./options.js').Options} options */
async function serverOf({ redis, postgres, strikes }) {
  const readiness = strikes === 'all' ? null : createReadiness(() => processes.map(({ port }) => port()));
  if (redis !== null) {
    const about = { kind: redis, dataDir: ground.dataDir, chance, refreshes: ledger.refreshes };
    if (!readiness) return startRedis({ ...about, port: portOfServer });
    const ports = { address: portOfServer, one, other };
    return startRedisPair({ ...about, ports, lags: strikes === 'lagging', readiness });
  }
  if (postgres === 'off') weaken(ground.appDir);
  if (postgres === null) return null;
  return startPostgres({ port: portOfServer, chance, readiness });
}

/** @typedef {NonNullable<Awaited<ReturnType<typeof serverOf>>>} Server */

function areHostilesIn() {
  return isSettling || waits.isHostile();
}

/** Where a process is that answers, if there is one. */
function portOfOne() {
  const up = processes.filter((process) => process.isUp());
  return chance.oneOf(up.length > 0 ? up : processes).port();
}

/** As people do: on a machine with much else to do the first time may take too long. @param {string} [from] */
async function comeUntilConnected(from, triesLeft = 5) {
  try {
    return await connect(portOfOne(), portOfOne(), from);
  } catch (error) {
    if (triesLeft === 0) throw error;
    return comeUntilConnected(from, triesLeft - 1);
  }
}

async function connectAll() {
  let left = options.connections;
  async function connectSome() {
    while (left > 0) {
      left -= 1;
      visitors.push(await comeUntilConnected());
    }
  }
  await Promise.all(Array.from({ length: CONNECT_AT_ONCE }, connectSome));
}

async function torture() {
  const begun = performance.now();
  const isOver = () => performance.now() - begun > options.ms || accidents().length > 0;
  const reporting = setInterval(() => progress(parts, performance.now() - begun), PROGRESS_EVERY_MS);
  provider.faults.set(true);
  await records.open();
  waits.start();
  const rages = [options.strikes === 'all' ? chaos.rage(isOver) : null, server?.rage(isOver)];
  hostiles?.start();
  const people = [traffic.run(isOver), newcomers.run(isOver)];
  await Promise.all([...people, ...rages, judge.sample(isOver), keepReading(isOver)]);
  clearInterval(reporting);
}

/** The reader is ended now and then, so that the store has no reader at all when every process dies. */
async function keepReading(/** @type {() => boolean} */ isOver) {
  while (!isOver()) {
    await new Promise((wait) => setTimeout(wait, 500));
    if (!records.isOpen()) await records.open();
  }
}

async function settle() {
  isSettling = true;
  provider.faults.set(false);
  provider.lengthenLives();
  if (!records.isOpen()) await records.open();
  await judge.examineAll();
  await judge.settle();
  const unread = await judge.examineAll();
  if (unread > 0) unjudged.push(`Nobody could read the records of ${unread} connections at the end`);
}

/** What spoils the verdict: something ended that nobody had ended, or nobody looked. */
function accidents() {
  const watched = [...processes, ...(server ? [server] : [])];
  return [...unjudged, ...watched.flatMap((each) => each.accidents)];
}

function finish() {
  for (const accident of accidents()) process.stdout.write(`${accident}\n`);
  const stories = [...judge.lost.values()];
  if (stories.length > 0) {
    writeFileSync(join(ground.dir, 'lost.txt'), stories.join('\n'));
    process.stdout.write(`${stories.slice(0, STORIES).join('\n')}\n`);
    process.stdout.write(`Everything is kept in ${ground.dir} (seed ${options.seed}).\n`);
  }
  process.stdout.write(table(parts));
  const judged = judgeWaits(waits.phases);
  process.stdout.write(waitsInWords(waits.phases, judged));
  process.exit(judge.lost.size > 0 || accidents().length > 0 || judged.verdict === 'too slow' ? 1 : 0);
}

/** Whatever ended the run. */
function cleanUp() {
  for (const process of processes) process.end();
  void records.close();
  void server?.kill();
  if (judge.lost.size === 0) rmSync(ground.dir, { recursive: true, force: true, maxRetries: 3 });
}
