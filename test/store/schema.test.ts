import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { BATCH } from '../../src/store/copy/contract.ts';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { resealGrant } from '../../src/store/sealed-grant.ts';
import { type Db, openDatabase } from '../../src/store/sqlite/database.ts';
import { migrate, openStoreFile } from '../../src/store/sqlite/schema.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { STORE_VERSION, type Store } from '../../src/store/store.ts';
import { everythingIsClosed } from '../support/garbage.ts';
import { atEnd, tempDir } from '../support/machine.ts';
import { content } from './store-contract.ts';
import { expectEverybodyConnected, SECRET, type VersionZero } from './version-zero.ts';

const FIXTURE = resolve(import.meta.dirname, 'fixtures/version-0.db');
const ZERO: VersionZero = {
  at: 1795637587209,
  ann: 's%3AuSAt1UoaEcACZFSZWiPmXt041G0MIh6Qk-_fDJaSHq0.tyz5o0ikDeExNuSsETfKeSsNLgHq1b%2FU3%2FZcKEHtOlE',
  bob: 's%3Al2pjK8zC3GdOfHWDAUXofGTkK1dvS6lqhBe-1tTpEVg.veTI9pqdXBOmKiMxdxG1b1ZHJAYpzcUhr12CE34BVFo',
};

const OPENING = { encryption: createEncryption(deriveKeys([SECRET]).seal), issuer: 'eu' };

/** A file of its own, as the program wrote it before there were versions. */
function versionZero(): string {
  const file = join(tempDir(), 'connect.db');
  copyFileSync(FIXTURE, file);
  return file;
}

function open(file: string): Db {
  const db = openDatabase(file, 'FULL');
  atEnd(() => db.close());
  return db;
}

const nameOf = (store: Store, userId: string) => store.grantIdOf({ issuer: 'eu', userId });

const versionOf = (db: Db) => Number(db.get('PRAGMA user_version')?.user_version);

/** What is in each table and index, by how it was made. */
const shape = (db: Db) =>
  db
    .all("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
    .map(({ name }) => name);

test('a new file and one from before there were versions come to the same', () => {
  const made = openStoreFile(join(tempDir(), 'connect.db'), OPENING);
  const taken = openStoreFile(versionZero(), OPENING);
  expect(shape(taken)).toEqual(shape(made));
  expect([versionOf(taken), versionOf(made)]).toEqual([STORE_VERSION, STORE_VERSION]);
  expect(taken.get('SELECT COUNT(*) AS n FROM grants')).toMatchObject({ n: 2 });
  made.close();
  taken.close();
});

test('a store from before there were versions opens, and everybody in it stays connected', async () => {
  const file = versionZero();
  const store = openSqliteStore(file, OPENING.encryption, () => 0);
  expect(await store.readSubscriptions(nameOf(store, '363'))).toMatchObject({ newsAt: 1795637586694 });
  expect(await store.claimDueGrants('eu', ZERO.at + 60_000, 10)).toEqual([nameOf(store, '364')]);
  const { states, open: unfinished } = await store.countConnections();
  expect([states[0], unfinished]).toEqual([{ state: 'connected', all: 2, demo: 0 }, 1]);
  store.close();
  await expectEverybodyConnected({ DATA_DIR: dirname(file) }, ZERO);
});

test('all are taken up, however many there are', async () => {
  const file = versionZero();
  const before = open(file);
  for (let n = 1000; n < 1000 + 2 * BATCH; n += 1) {
    const sealed = resealGrant(`eu:${n}`, { ...content, userId: String(n) }, OPENING.encryption);
    before.run('INSERT INTO grants (id, write_id, sealed) VALUES (?, ?, ?)', `eu:${n}`, `${n}`, sealed);
  }
  const store = openSqliteStore(file, OPENING.encryption, () => 0);
  const { states } = await store.countConnections();
  expect(states[0]).toEqual({ state: 'connected', all: 2 * BATCH + 2, demo: 0 });
  store.close();
});

test('a step is taken once, though two processes see that it is due', () => {
  const file = versionZero();
  const [db, another] = [open(file), open(file)];
  function overtaken<T>(work: () => T): T {
    migrate(another, file, OPENING);
    return db.transaction(work);
  }
  migrate({ ...db, transaction: overtaken }, file, OPENING);
  expect(versionOf(db)).toBe(STORE_VERSION);
});

test('a step that fails has changed nothing', () => {
  const file = versionZero();
  const db = open(file);
  db.exec('CREATE TABLE rate_limit (a)'); // in the way of the last statement of step 2
  expect(() => migrate(db, file, OPENING)).toThrow();
  expect(versionOf(db)).toBe(1);
  expect(db.get('SELECT attend_at FROM grants')).toBeDefined();
});

describe('a file from a newer version is refused', () => {
  test.each(['closed in order', 'left by a crash'])('%s: by name, and nothing is written', async (how) => {
    const file = versionZero();
    const native = openDatabase(file, 'FULL');
    native.exec('PRAGMA user_version = 99');
    native.exec("INSERT INTO grants (id, write_id, sealed) VALUES ('eu:9', 'w', 's')"); // stays in the WAL
    const copy = join(tempDir(), 'connect.db');
    if (how === 'closed in order') native.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    for (const end of ['', '-wal']) copyFileSync(file + end, copy + end);
    native.close();
    const bytes = () =>
      ['', '-wal'].map((end) => existsSync(copy + end) && readFileSync(copy + end, 'base64'));
    const before = bytes();
    expect(() => openStoreFile(copy, OPENING)).toThrow(
      `${copy} was written by a newer version of this program`,
    );
    await everythingIsClosed();
    expect(bytes()).toEqual(before);
  });

  test('also when it has become newer while it was being opened', () => {
    const file = versionZero();
    const db = open(file);
    db.exec('PRAGMA user_version = 99');
    expect(() => migrate(db, file, OPENING)).toThrow('newer version');
  });
});

describe('grants get the names of the present', () => {
  const at = (userId: string) => (issuer: string) => ({ issuer, userId });

  test('those of a cloud stay with it; at a first start that speaks to a sandbox they are the sandbox’s', async () => {
    for (const issuer of ['eu', 'sandbox', 'http://127.0.0.1:4000']) {
      const store = openSqliteStore(versionZero(), OPENING.encryption, () => 0, { issuer });
      const named = await store.readGrant(store.grantIdOf(at('363')(issuer)));
      expect(named).toMatchObject({ issuer, userId: '363' });
      expect(await store.claimDueGrants(issuer, ZERO.at + 60_000, 10)).toHaveLength(1);
      store.close();
    }
  });

  test('later starts rename nobody', async () => {
    const file = versionZero();
    openSqliteStore(file, OPENING.encryption, () => 0, { issuer: 'eu' }).close();
    const store = openSqliteStore(file, OPENING.encryption, () => 0, { issuer: 'sandbox' });
    expect(await store.readGrant(store.grantIdOf(at('363')('eu')))).not.toBeNull();
    store.close();
  });

  test('no user id is left in the file', () => {
    const file = versionZero();
    openSqliteStore(file, OPENING.encryption, () => 0).close();
    expect(readFileSync(file, 'latin1')).not.toMatch(/eu:36[34]/);
  });

  test('one whose key is missing keeps what it has, for when the key comes back', async () => {
    const file = versionZero();
    const older = createEncryption(deriveKeys(['older', SECRET]).seal);
    const db = open(file);
    const [row] = db.all<{ id: string; sealed: string }>("SELECT id, sealed FROM grants WHERE id = 'eu:364'");
    const sealed = older.seal(older.open(String(row?.sealed), 'grant|eu:364'), 'grant|eu:364');
    db.run("UPDATE grants SET sealed = ? WHERE id = 'eu:364'", sealed);
    db.close();
    const without = openSqliteStore(file, OPENING.encryption, () => 0, { issuer: 'sandbox' });
    const id = without.grantIdOf(at('364')('sandbox'));
    await expect(without.readGrant(id)).rejects.toThrow('unknown-key');
    without.close();
    const both = openSqliteStore(file, createEncryption(deriveKeys([SECRET, 'older']).seal), () => 0);
    expect(await both.readGrant(id)).toMatchObject({ issuer: 'sandbox', userId: '364' });
    both.close();
  });

  test('under a wrong secret nothing is done', () => {
    const file = versionZero();
    const wrong = { ...OPENING, encryption: createEncryption(deriveKeys(['wrong']).seal) };
    expect(() => openStoreFile(file, wrong)).toThrow('SESSION_SECRET opens nothing in this store');
    const store = openSqliteStore(file, OPENING.encryption, () => 0);
    expect(store.grantIdOf(at('363')('eu'))).toHaveLength(43);
    store.close();
  });
});

test('another secret is refused by name, and one that was listed before it is the newest from then on', () => {
  const file = join(tempDir(), 'connect.db');
  const start = (...secrets: string[]) => {
    const store = openSqliteStore(file, createEncryption(deriveKeys(secrets).seal), () => 0);
    const id = nameOf(store, '363');
    store.close();
    return id;
  };
  const id = start('old');
  expect(() => start('new')).toThrow('SESSION_SECRET is not the one under which this store was filled');
  expect(start('new', 'old')).toBe(id);
  expect(start('new')).toBe(id);
});
