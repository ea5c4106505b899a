/**
 * The long proof that no connection is ever lost: two processes of the app on one store, a Withings that loses and
 * delays its answers, kill -9 about once a second. Withings' own ledger is the judge.
 *
 *   npm run torture -- --minutes 10 [--connections 800] [--seed N]
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createChance } from './chance.js';
import { createChaos } from './chaos.js';
import { freePorts, prepareGround } from './ground.js';
import { createJudge } from './judge.js';
import { createLedger } from './ledger.js';
import { readOptions } from './options.js';
import { createProcess } from './processes.js';
import { startProvider } from './provider.js';
import { createRecords } from './records.js';
import { progress, table } from './report.js';
import { createTraffic } from './traffic.js';
import { connect } from './visitor.js';

const TIMEOUT_MS = 500;
/** As in src/tokens/renewal.ts. */
const LEASE_MS = 2 * TIMEOUT_MS + 1000;
/** Integer seconds on the wire; renewed from three quarters of it on. */
const ACCESS_LIFE_SECONDS = 2;
/**
 * Withings' 8 hours, shrunk. The app lets 11 s pass after every answer that it did not get (and a lease, if it was
 * killed), and every fifth answer is one of those: fewer than 14 attempts would be bad luck, not a fault of the app.
 */
const GRACE_MS = 180_000;
const VISITS_PER_SECOND = 350;
const CONNECT_AT_ONCE = 8;
const PROGRESS_EVERY_MS = 30_000;

const options = readOptions();
const chance = createChance(options.seed);
const ground = prepareGround();
const [portOfModel = 0, ...ports] = await freePorts(5);
const publicUrl = `http://127.0.0.1:${ports[0]}`;
const processes = [processOf('a', ports.slice(0, 2)), processOf('b', ports.slice(2))];
/** @type {import('./visitor.js').Visitor[]} */
const visitors = [];
const ledger = createLedger({ graceMs: GRACE_MS, now: () => performance.now() });
const records = createRecords(ground);
const judge = createJudge({ ledger, records, chance, processes, visitors });
const chaos = createChaos({ processes, chance, leaseMs: LEASE_MS, letGo: records.close });
const traffic = createTraffic({ visitors, processes, chance, publicUrl, perSecond: VISITS_PER_SECOND });

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.once('exit', cleanUp);

const provider = await startProvider({
  ledger,
  chance,
  port: portOfModel,
  timeoutMs: TIMEOUT_MS,
  lifeSeconds: ACCESS_LIFE_SECONDS,
  onMoment: chaos.onMoment,
  onFirstUse: judge.firstUse,
});
const parts = { processes, provider, ledger, judge, traffic, visitors };

await Promise.all(processes.map((process) => process.start()));
await connectAll();
await torture();
await settle();
finish();

/** @param {string} name @param {number[]} ports */
function processOf(name, ports) {
  const model = `http://127.0.0.1:${portOfModel}`;
  const env = {
    HOST: '127.0.0.1',
    PUBLIC_URL: publicUrl,
    DATA_DIR: ground.dataDir,
    SESSION_SECRET: ground.secret,
    WITHINGS_CLIENT_ID: 'torture',
    WITHINGS_CLIENT_SECRET: 'torture-secret',
    WITHINGS_AUTHORIZE_URL: `${model}/oauth2_user/authorize2`,
    WITHINGS_API_URL: `${model}/${name}/`,
    WITHINGS_TIMEOUT_MS: String(TIMEOUT_MS),
    SWEEP_SECONDS: '1',
    LOG_LEVEL: 'error',
  };
  return createProcess({ name, ports, dir: ground.appDir, env });
}

async function connectAll() {
  let left = options.connections;
  async function connectSome() {
    while (left > 0) {
      left -= 1;
      visitors.push(await connect(chance.oneOf(processes).port(), chance.oneOf(processes).port()));
    }
  }
  await Promise.all(Array.from({ length: CONNECT_AT_ONCE }, connectSome));
}

async function torture() {
  const begun = performance.now();
  const isOver = () =>
    performance.now() - begun > options.ms || processes.some(({ accidents }) => accidents.length > 0);
  const reporting = setInterval(() => progress(parts, performance.now() - begun), PROGRESS_EVERY_MS);
  provider.faults.set(true);
  await records.open();
  await Promise.all([traffic.run(isOver), chaos.rage(isOver), judge.sample(isOver), keepReading(isOver)]);
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
  provider.faults.set(false);
  provider.lengthenLives();
  if (!records.isOpen()) await records.open();
  await judge.examineAll();
  await judge.settle();
  await judge.examineAll();
}

function finish() {
  const accidents = processes.flatMap((process) => process.accidents);
  for (const accident of accidents) process.stdout.write(`${accident}\n`);
  const stories = [...judge.lost.values()].join('\n');
  if (stories) {
    writeFileSync(join(ground.dir, 'lost.txt'), stories);
    process.stdout.write(`${stories}\nEverything is kept in ${ground.dir} (seed ${options.seed}).\n`);
  }
  process.stdout.write(table(parts));
  process.exit(judge.lost.size > 0 || accidents.length > 0 ? 1 : 0);
}

/** Whatever ended the run. */
function cleanUp() {
  for (const process of processes) process.end();
  void records.close();
  if (judge.lost.size === 0) rmSync(ground.dir, { recursive: true, force: true, maxRetries: 3 });
}
