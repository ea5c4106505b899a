import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createEncryption } from '../../dist/store/encryption.js';
import { deriveKeys } from '../../dist/store/keys.js';
import { openDatabase } from '../../dist/store/sqlite/database.js';
import { openSqliteStore } from '../../dist/store/sqlite/store.js';
import { quotaOf } from '../../dist/tokens/quota.js';
import { median } from './cpu.js';
import { signIn } from './memory.js';
import { SECRET, tempDir } from './servers.js';

const TIMES = 50;
const LIMIT = 20;
const HOUR = 3_600_000;

/**
 * How long each thing that is asked of the embedded store takes with so many people in it, of whom a tenth is due:
 * the median of each in milliseconds, and the longest time that the event loop stood still.
 *
 * @param {number} people
 */
export async function measureStatements(people) {
  const file = join(tempDir(), 'connect.db');
  const encryption = createEncryption(deriveKeys([SECRET]).seal);
  const open = () => openSqliteStore(file, encryption, () => performance.now());
  open().close();
  fill(file, people);
  const store = open();
  /** @type {{ name: string, ms: number, mostMs: number }[]} */
  const figures = [];

  /** @param {string} name @param {(turn: number) => Promise<unknown>} ask */
  async function time(name, ask) {
    const took = [];
    for (let turn = 0; turn < TIMES; turn += 1) {
      await new Promise(setImmediate);
      const begun = performance.now();
      await ask(turn);
      took.push(performance.now() - begun);
    }
    figures.push({ name, ms: median(took), mostMs: Math.max(...took) });
  }

  const now = Date.now();
  const own = Array.from({ length: TIMES }, (_, turn) => turn);
  const ids = own.map((turn) => store.grantIdOf({ issuer: 'eu', userId: String(10_000_000 + turn) }));
  const id = (/** @type {number} */ turn) => ids[turn] ?? '';
  const key = (/** @type {number} */ turn) => `key ${10_000_000 + turn}`;
  const attempts = own.map(() => ({
    id: randomBytes(16).toString('hex'),
    answer: 'a',
    expiresAt: now + HOUR,
  }));
  const attempt = (/** @type {number} */ turn) => attempts[turn] ?? { id: '', answer: '', expiresAt: 0 };
  const quota = quotaOf(100_000, 60_000);
  const wanted = { priority: /** @type {const} */ ('data'), calls: 5, process: 'bench', known: 0 };
  /** @type {string[]} */
  const turns = [];

  await time('spendAttempt', (turn) => store.spendAttempt(attempt(turn)));
  await time('finishAttempt', (turn) => store.finishAttempt(attempt(turn).id, { kind: 'connected' }));
  await time('signIn', (turn) => signIn(store, turn, key(turn)));
  await time('readSession and its grant', async (turn) => (await store.readSession(key(turn), now))?.grant());
  await time('updateSession', (turn) => store.updateSession(key(turn), '{}'));
  await time('touchSession', (turn) =>
    store.touchSession(key(turn), { at: now, idleUntil: now + 40 * 24 * HOUR, isRemembered: true }),
  );
  await time('readOtherSessions', (turn) => store.readOtherSessions(key(turn), now));
  await time('readGrant', (turn) => store.readGrant(id(turn)));
  await time('writeGrant', async (turn) => {
    const grant = await store.readGrant(id(turn));
    if (grant) await store.writeGrant(grant.id, grant.writeId, grant, 0);
  });
  await time('takeCalls', async (turn) => {
    const admission = await store.takeCalls({ ...wanted, person: id(turn) }, quota);
    if ('id' in admission) turns.push(admission.id);
  });
  await time('endCalls', (turn) => store.endCalls(turns[turn] ?? '', 5, 0, 0));
  await time('writeTimezone', (turn) => store.writeTimezone(id(turn), 'Europe/Paris'));
  await time('readTimezone', (turn) => store.readTimezone(id(turn)));
  await time('writeSubscriptions', (turn) => store.writeSubscriptions(id(turn), '{}', now + HOUR));
  await time('recordNews', (turn) => store.recordNews(id(turn), ['measures'], now));
  await time('readSubscriptions', (turn) => store.readSubscriptions(id(turn)));
  await time('claimSubscriptions', () => store.claimSubscriptions('eu', now, HOUR, LIMIT));
  await time('claimDueGrants', () => store.claimDueGrants('eu', now, LIMIT));
  await time('claimRevocations', () => store.claimRevocations('eu', now, HOUR, LIMIT));
  await time('removeExpired', () => store.removeExpired(now, LIMIT));
  await time('endSession', (turn) => store.endSession(key(turn)));
  store.close();
  return figures;
}

/** People whom nobody can open, which no statement here has to. @param {string} file @param {number} people */
function fill(file, people) {
  const db = openDatabase(file, 'NORMAL');
  const now = Date.now();
  const each = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${people})`;
  const id = `printf('%016x', i)`;
  const due = `CASE WHEN i % 10 = 0 THEN ${now} - i ELSE`;
  const later = `${now} + ${24 * HOUR} + i`;
  db.exec('PRAGMA synchronous = OFF');
  db.exec(`BEGIN;
    INSERT INTO people (id, issuer, person) ${each} SELECT ${id}, 'eu', hex(zeroblob(50)) FROM n;
    INSERT INTO grants (id, write_id, sealed, due_at)
      ${each} SELECT ${id}, ${id}, hex(zeroblob(400)), ${due} NULL END FROM n;
    INSERT INTO sessions (key, grant_id, data, idle_until, ends_at, bound)
      ${each} SELECT ${id}, ${id}, '{}', ${later}, ${later}, hex(zeroblob(20)) FROM n;
    INSERT INTO subscriptions (grant_id, due_at) ${each} SELECT ${id}, ${due} ${later} END FROM n;
    COMMIT;`);
  db.close();
  const whole = openSync(file, 'r+');
  fsyncSync(whole); // else the first statement that syncs would wait for all of it
  closeSync(whole);
}
