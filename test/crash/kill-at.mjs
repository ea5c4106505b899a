/**
 * Loaded into the program before it starts (`node --import`). It hands the program the clocks of the test, and does
 * to it, at one statement of its store, what the test has planned. The program knows nothing of it.
 */
import { readFileSync, statSync, truncateSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Both, where there are both: it is the program that chooses. */
const node = /** @type {{ DatabaseSync: Function } | undefined} */ (process.getBuiltinModule('node:sqlite'));
const engines = [createRequire(import.meta.url)('libsql'), ...(node ? [node.DatabaseSync] : [])];
const { CRASH_DIR = '', DATA_DIR = '' } = process.env;
const WAL = join(DATA_DIR, 'connect.db-wal');

/** The wall clock stands where the test has put it; the host's clock runs, and takes every step along. */
const hostClock = process.hrtime.bigint;
Date.now = () => clock().now;
process.hrtime.bigint = () => hostClock() + BigInt(clock().passed) * 1_000_000n;

function clock() {
  return JSON.parse(readFileSync(join(CRASH_DIR, 'clock'), 'utf8'));
}

/**
 * @typedef {object} Plan
 * @property {string} at
 * @property {number | 'every'} nth
 * @property {string} [after]
 * @property {keyof typeof deeds} deed
 * @property {number} [keep]
 */

/** Which statement (a regular expression, the nth from now or every one), and what to do there. */
function readPlan() {
  try {
    return readFileSync(join(CRASH_DIR, 'plan'), 'utf8');
  } catch {
    return '';
  }
}

/** What is done at the statement; `work` executes it. */
const deeds = {
  'kill before': () => stop('SIGKILL'),
  'kill after': (/** @type {() => unknown} */ work) => {
    work();
    stop('SIGKILL');
  },
  /**
   * Of what the statement adds to the log, only a part reaches the disk.
   *
   * @param {() => unknown} work @param {Plan} plan
   */
  tear(work, { keep = 0 }) {
    const before = statSync(WAL).size;
    work();
    const written = statSync(WAL).size - before;
    if (written <= 0) process.exit(99); // nothing to tear: the plan was wrong
    truncateSync(WAL, before + Math.floor(written * keep));
    stop('SIGKILL');
  },
  'pause before': (/** @type {() => unknown} */ work) => {
    stop('SIGSTOP');
    return work();
  },
  'pause after': (/** @type {() => unknown} */ work) => {
    const result = work();
    stop('SIGSTOP');
    return result;
  },
  full() {
    throw Object.assign(new Error('database or disk is full'), { errcode: 13, rawCode: 13 });
  },
  /** @param {() => unknown} work @param {Plan} _plan @param {{ exec(sql: string): void }} db */
  'read-only'(work, _plan, db) {
    db.exec('PRAGMA query_only = ON');
    try {
      return work();
    } finally {
      db.exec('PRAGMA query_only = OFF');
    }
  },
};

/** @param {NodeJS.Signals} signal */
function stop(signal) {
  process.kill(process.pid, signal);
}

let planned = '';
let count = 0;
let isBegun = false;

/** @param {{ exec(sql: string): void }} db @param {string} sql @param {() => unknown} work */
function withPlan(db, sql, work) {
  const text = readPlan();
  /** @type {Plan | null} */
  const plan = text === '' ? null : JSON.parse(text);
  if (text !== planned) {
    count = 0;
    isBegun = plan?.after === undefined;
    planned = text;
  }
  if (plan?.after && new RegExp(plan.after).test(sql)) isBegun = true;
  if (!plan || !isBegun || !new RegExp(plan.at).test(sql)) return work();
  count += 1;
  return plan.nth === 'every' || plan.nth === count ? deeds[plan.deed](work, plan, db) : work();
}

for (const { prototype } of engines) {
  const { prepare, exec } = prototype;
  prototype.exec = function (/** @type {string} */ sql) {
    return withPlan(this, sql, () => exec.call(this, sql));
  };
  prototype.prepare = function (/** @type {string} */ sql) {
    const statement = prepare.call(this, sql);
    const run = statement.run.bind(statement);
    statement.run = (/** @type {unknown[]} */ ...values) => withPlan(this, sql, () => run(...values));
    return statement;
  };
}
