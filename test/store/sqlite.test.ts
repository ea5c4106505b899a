import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { quotaOf } from '../../src/tokens/quota.ts';
import { atEnd, tempDir } from '../support/machine.ts';
import { content, storeContract } from './store-contract.ts';

async function openTwo() {
  const file = join(tempDir(), 'connect.db');
  const encryption = createEncryption(deriveKeys([randomBytes(32).toString('hex')]).seal);
  const hostClock = { now: 1_000_000 };
  const [store, another] = [0, 1].map(() => {
    const opened = openSqliteStore(file, encryption, () => hostClock.now);
    atEnd(() => opened.close());
    return opened;
  });
  if (!store || !another) throw new Error('unreachable');
  return { store, another, hostClock, file };
}

storeContract('SQLite', openTwo);

test('a turn that could not be written takes nobody’s place', async () => {
  const { store, hostClock } = await openTwo();
  const quota = quotaOf(10, 60_000);
  const take = (person: string | null, heldMs = quota.heldMs) => {
    const wanted = { priority: 'data' as const, calls: 2, person, process: 'a process', known: 0 };
    return store.takeCalls(wanted, { ...quota, heldMs });
  };
  while ('id' in (await take(null)));
  const first = await take('first');
  hostClock.now += 'waitMs' in first ? first.waitMs : 0;
  await expect(take('first', Number.NaN)).rejects.toThrow('finite numbers');
  expect(await take('second')).toHaveProperty('waitMs');
  expect(await take('first')).toHaveProperty('id');
});

test('a grant that no session owns is cleared away, a few rows at a time', async () => {
  const { store, file } = await openTwo();
  const db = openDatabase(file, 'NORMAL');
  const insert = (id: string) => db.run("INSERT INTO grants (id, write_id, sealed) VALUES (?, 'w', 's')", id);
  for (let i = 0; i < 7; i += 1) insert(`eu:${i}`);
  db.run("INSERT INTO sessions VALUES ('key', 'eu:3', '{}', 9e15, 9e15, 'b', NULL)");
  for (let step = 0; step < 4; step += 1) expect(await store.removeExpired(0, 2)).toBe(false);
  expect(db.all('SELECT id FROM grants')).toMatchObject([{ id: 'eu:3' }]);
  insert('eu:0');
  for (let step = 0; step < 2; step += 1) await store.removeExpired(0, 2); // and round again
  expect(db.all('SELECT id FROM grants')).toMatchObject([{ id: 'eu:3' }]);
  db.close();
});

test('a session that was pointed at another grant is not transferred either', async () => {
  const { store, file } = await openTwo();
  for (const userId of ['1', '2']) {
    await store.signIn({
      grant: { id: `eu:${userId}`, expected: null, content: { ...content, userId } },
      session: { key: userId, data: '{}', idleUntil: 9e15, endsAt: 9e15 },
      replaces: null,
      attempt: null,
    });
  }
  const db = openDatabase(file, 'NORMAL');
  db.exec("UPDATE sessions SET grant_id = 'eu:2'");
  db.close();
  const next = { key: 'next', data: '{}', idleUntil: 9e15, endsAt: 9e15 };
  expect(await store.transferSession('1', 0, next, null)).toBe(false);
  expect(await store.transferSession('2', 0, next, null)).toBe(true);
});

test('where somebody lives is cleared away with a grant that nobody saw end, a few rows at a time', async () => {
  const { store, file } = await openTwo();
  for (const userId of ['1', '2', '3', '4', '5']) {
    const session = { key: userId, data: '{}', idleUntil: 9e15, endsAt: 9e15 };
    const grant = { id: `eu:${userId}`, expected: null, content: { ...content, userId } };
    await store.signIn({ grant, session, replaces: null, attempt: null });
    await store.writeTimezone(`eu:${userId}`, 'Europe/Paris');
  }
  const [db, unsynced] = [
    openDatabase(file, 'NORMAL'),
    openDatabase(join(dirname(file), 'unsynced.db'), 'NORMAL'),
  ];
  db.exec("DELETE FROM grants WHERE id <> 'eu:3'");
  for (let step = 0; step < 3; step += 1) await store.removeExpired(0, 2);
  expect(unsynced.all('SELECT grant_id FROM timezones')).toMatchObject([{ grant_id: 'eu:3' }]);
  db.close();
  unsynced.close();
});

test('a store that this process opens once more stays locked against other processes', async () => {
  const { file } = await openTwo(); // POSIX locks go with the first descriptor that is closed
  const database = pathToFileURL(resolve(import.meta.dirname, '../../dist/store/sqlite/database.js')).href;
  const script = `import { openDatabase } from '${database}';
    openDatabase('${file}', 'FULL').get('PRAGMA journal_mode = DELETE');`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(stderr).toContain('SQLITE_BUSY'); // it would pull the WAL from under them
});
