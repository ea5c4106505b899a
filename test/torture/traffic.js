import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './http.js';

/** Of 100 visits; the rest reads the measures. */
const VISITS = { 'POST /refresh': 35, 'GET /dashboard': 8, 'GET /api/connection': 5 };
const WORKERS = 64;
/** Visits under way at one process; more would only wait in line, and be lost with the next kill. */
const MOST_AT_ONCE = 16;
/** Of 100 visits so many go to a process that may be down or asleep, as a load balancer sends them for a moment. */
const ASTRAY = 2;
/** Nobody stays away for longer, whatever they were told. */
const PATIENCE_MS = 12_000;
/** 502 to 504: Withings or the store did not answer as they should, which is what this is about. */
const EXPECTED = [0, 200, 303, 502, 503, 504];

/**
 * People coming back to their connections, at any process, in bounded numbers.
 *
 * @param {object} parts
 * @param {import('./visitor.js').Visitor[]} parts.visitors
 * @param {import('./processes.js').AppProcess[]} parts.processes
 * @param {import('./chance.js').Chance} parts.chance
 * @param {string} parts.publicUrl
 * @param {number} parts.perSecond
 * @param {import('./waits.js').Waits} parts.waits
 */
export function createTraffic({ visitors, processes, chance, publicUrl, perSecond, waits }) {
  /** How many visits ended with which status; 0: no answer. @type {Record<string, number>} */
  const outcomes = {};
  /** What nobody should see. @type {string[]} */
  const surprises = [];
  /** @type {Map<import('./processes.js').AppProcess, number>} */
  const underWay = new Map();
  const busy = (/** @type {import('./processes.js').AppProcess} */ process) => underWay.get(process) ?? 0;
  const ours = { Origin: publicUrl, 'Sec-Fetch-Site': 'same-origin' };

  /** Who was asked to come again later mostly does. */
  function somebody() {
    let visitor = chance.oneOf(visitors);
    for (let turn = 0; turn < 5 && visitor.awayUntil > performance.now(); turn += 1)
      visitor = chance.oneOf(visitors);
    return visitor;
  }

  async function visit() {
    const able = processes.filter((process) => process.isUp() && busy(process) < MOST_AT_ONCE);
    const candidates = chance.hits(ASTRAY) ? processes : able;
    if (candidates.length === 0) return;
    const process = chance.oneOf(candidates);
    const visitor = somebody();
    const what = chance.draw(VISITS) ?? 'GET /api/measures';
    const [method = '', path = ''] = what.split(' ');
    const headers = { Cookie: visitor.cookie, ...(method === 'POST' ? ours : {}) };
    underWay.set(process, busy(process) + 1);
    const visited = waits.begin();
    const { status, text, headers: told } = await ask(process.port(), method, path, headers);
    visited(status === 200 || status === 303);
    underWay.set(process, busy(process) - 1);
    if (path === '/api/measures' && status === 200) noteWell(visitor);
    if (status === 503)
      visitor.awayUntil = performance.now() + Math.min(1000 * Number(told['retry-after'] ?? 0), PATIENCE_MS);
    count(`${what} at ${process.name}`, status, text);
  }

  /** @param {string} what @param {number} status @param {string} text */
  function count(what, status, text) {
    const outcome = status >= 500 ? `${status} ${codeOf(text)}` : status;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (!EXPECTED.includes(status) && surprises.length < 20) {
      surprises.push(`${what}: ${status} ${text.replace(/\s+/g, ' ').slice(0, 300)}`);
    }
  }

  /** @param {() => boolean} isOver */
  async function worker(isOver) {
    const everyMs = (1000 * WORKERS) / perSecond;
    let next = performance.now() + chance.between(0, everyMs);
    while (!isOver()) {
      const wait = next - performance.now();
      if (wait > 0) await sleep(wait);
      next = Math.max(next + everyMs, performance.now());
      await visit();
    }
  }

  return {
    outcomes,
    surprises,
    /** @param {() => boolean} isOver */
    async run(isOver) {
      await Promise.all(Array.from({ length: WORKERS }, () => worker(isOver)));
    },
  };
}

/** It has its data now. @param {import('./visitor.js').Visitor} visitor */
export function noteWell(visitor) {
  const at = performance.now();
  visitor.longestMs = Math.max(visitor.longestMs, at - visitor.wellAt);
  visitor.wellAt = at;
}

/** The code of a problem, as JSON or on a page. @param {string} text */
function codeOf(text) {
  return /"code":"([\w-]+)"/.exec(text)?.[1] ?? 'page';
}
