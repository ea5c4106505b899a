import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './http.js';
import { noteWell } from './traffic.js';

/**
 * @typedef {import('./visitor.js').Visitor} Visitor
 * @typedef {import('./records.js').Reading} Reading
 * @typedef {import('./ledger.js').Pair} Pair
 */

/** A connection is looked at again this often before it counts as lost. */
const LOOKS = 3;
const SAMPLE_EVERY_MS = 100;
const SAMPLES_AT_ONCE = 5;
/** Of 100 first uses of an access token so many are held up until the durable record has been read. */
const FIRST_USES_HELD = 5;
/** More than every wait of the app: what is still open after this does not heal alone. */
const SETTLE_AT_LEAST_MS = 31_000;
const SETTLE_AT_MOST_MS = 90_000;
const VISITS_AT_ONCE = 16;

/**
 * Judges by the durable record and Withings' ledger; what the app says comes second.
 *
 * @param {object} parts
 * @param {import('./ledger.js').Ledger} parts.ledger
 * @param {import('./records.js').Records} parts.records
 * @param {import('./chance.js').Chance} parts.chance
 * @param {import('./processes.js').AppProcess[]} parts.processes
 * @param {Visitor[]} parts.visitors
 */
export function createJudge({ ledger, records, chance, processes, visitors }) {
  /** Why each is lost, by user id, with its story. @type {Map<string, string>} */
  const lost = new Map();
  const counts = { samples: 0, looksAgain: 0, firstUses: 0 };

  /** @param {string} userId @param {string} why @param {Reading | null} [reading] */
  function condemn(userId, why, reading) {
    if (lost.has(userId)) return;
    const story = ledger.story(userId).join('\n  ');
    lost.set(userId, `${userId}: ${why}\n  record: ${JSON.stringify(reading ?? null)}\n  ${story}\n`);
  }

  /** What is wrong with this record at this moment; null: nothing. @param {Reading} reading */
  function faultOf(reading) {
    if ('error' in reading) return `the record cannot be read: ${reading.error}`;
    const { record } = reading;
    if (record === null) return 'the record is gone';
    if (record.ended) return `the record has ended: ${record.ended.code}`;
    const lives = ledger.accepts(record.refreshToken) || ledger.accepts(record.previousRefreshToken);
    return lives ? null : 'Withings refuses the present and the previous refresh token';
  }

  /**
   * The record travels for a moment before it meets the ledger, so a fault counts only if the record read after the
   * judgement is still the one that was judged. @param {string} userId @returns {Promise<Reading | null>} null: nobody
   * could read it
   */
  async function examine(userId) {
    let before = await records.read(userId);
    if (before) counts.samples += 1;
    for (let look = 0; before && look < LOOKS; look += 1) {
      const fault = faultOf(before);
      if (fault === null) break;
      counts.looksAgain += 1;
      const after = await records.read(userId);
      if (after && writeIdOf(before) === writeIdOf(after)) {
        condemn(userId, fault, after);
        break;
      }
      before = after;
    }
    return before;
  }

  /** @param {Visitor} visitor */
  async function isWell(visitor) {
    const port = chance.oneOf(processes).port();
    const headers = { Cookie: visitor.cookie };
    const measures = await ask(port, 'GET', '/api/measures', headers);
    const connection = await ask(port, 'GET', '/api/connection', headers);
    if (measures.status !== 200 || connection.status !== 200) return false;
    if (JSON.parse(connection.text).state !== 'connected') return false;
    noteWell(visitor);
    return true;
  }

  /** Those who are not well. @param {Visitor[]} some */
  async function visitAll(some) {
    /** @type {Visitor[]} */
    const unwell = [];
    const queue = [...some];
    await Promise.all(
      Array.from({ length: VISITS_AT_ONCE }, async () => {
        for (let next = queue.pop(); next; next = queue.pop()) if (!(await isWell(next))) unwell.push(next);
      }),
    );
    return unwell;
  }

  return {
    lost,
    counts,
    examine,

    /** A few records at a time, again and again. @param {() => boolean} isOver */
    async sample(isOver) {
      while (!isOver()) {
        await sleep(SAMPLE_EVERY_MS);
        const some = Array.from({ length: SAMPLES_AT_ONCE }, () => chance.oneOf(visitors));
        await Promise.all(some.map(({ userId }) => examine(userId)));
      }
    },

    /**
     * An access token is used for the first time. By then the durable record must hold it, or one that was bought with
     * its pair since. @param {Pair} pair
     */
    async firstUse(pair) {
      if (!records.isOpen() || !chance.hits(FIRST_USES_HELD)) return;
      const reading = await records.read(pair.userId);
      if (!reading || 'error' in reading || !reading.record) return; // examine() judges those
      counts.firstUses += 1;
      let held = ledger.pairOf(reading.record.refreshToken);
      while (held && held !== pair && held.number > pair.number) held = held.parent ?? undefined;
      if (held !== pair) condemn(pair.userId, `#${pair.number} was used before it was durable`, reading);
    },

    /** Everybody once, after the traffic. @returns {Promise<number>} of how many nobody could read the record */
    async examineAll() {
      let unread = 0;
      for (const { userId } of visitors) if (!(await examine(userId))) unread += 1;
      return unread;
    },

    /** Without faults and kills everybody becomes well again. */
    async settle() {
      const begun = performance.now();
      const elapsed = () => performance.now() - begun;
      let unwell = visitors;
      while (elapsed() < SETTLE_AT_MOST_MS && (unwell.length > 0 || elapsed() < SETTLE_AT_LEAST_MS)) {
        unwell = await visitAll(unwell);
        await sleep(1000);
      }
      unwell = await visitAll(visitors);
      for (let look = 0; look < LOOKS && unwell.length > 0; look += 1) {
        await sleep(1000);
        unwell = await visitAll(unwell);
      }
      for (const { userId } of unwell)
        condemn(userId, 'does not become well again', await records.read(userId));
    },
  };
}

/** @param {Reading} reading */
function writeIdOf(reading) {
  return 'record' in reading ? reading.record?.writeId : undefined;
}
