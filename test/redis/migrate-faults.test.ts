import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createEncryption, type Encryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { type MoveOptions, moveStore } from '../../src/store/moving/move.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { content } from '../store/store-contract.ts';
import { atEnd, tempDir } from '../support/app.ts';
import { visit } from '../support/visitor.ts';
import { fileOf, moved, operator, SECRET, startEmbedded, startMover } from './mover.ts';
import { DURABLE, startRedis } from './server.ts';

const NOW = Date.now();
const HOUR = 3_600_000;
const encryption = createEncryption(deriveKeys([SECRET]).seal);

/** Three sessions on two grants, one of them under care and with subscriptions, and attempts in every state. */
async function fill(store: Store, now = NOW): Promise<void> {
  const session = (key: string, hours: number) => ({
    key,
    data: `{"of":"${key}"}`,
    idleUntil: now + hours * HOUR,
    endsAt: now + 2 * hours * HOUR,
  });
  const attempt = { browser: 'browser', demo: true, returnTo: '/here', perBrowser: 5 };
  for (const [i, state] of ['open', 'taken', 'finished'].entries()) {
    await store.beginAttempt({ ...attempt, state, expiresAt: now + HOUR + i });
  }
  for (const state of ['taken', 'finished'])
    await store.takeAttempt({ state, browser: 'browser', answer: 'a', now });
  await store.finishAttempt('finished', { kind: 'problem', code: 'access-denied' });

  const grant = (userId: string) => ({ id: `eu:${userId}`, expected: null, content: { ...content, userId } });
  const entry = { replaces: null, attempt: null };
  await store.signIn({ grant: grant('1'), session: session('a', 5), ...entry });
  await store.beginSession('eu:1', session('b', 30));
  await store.signIn({ grant: grant('2'), session: session('c', 10), ...entry });
  await store.writeSubscriptions('eu:1', '{"told":true}', now + 7 * HOUR);
  await store.recordNews('eu:1', now - HOUR);
  const writeId = String(await store.readWriteId('eu:1'));
  await store.writeGrant('eu:1', writeId, { ...content, userId: '1', intent: { token: 't', since: now } }, 0);
}

function embedded() {
  const file = join(tempDir(), 'connect.db');
  return { file, store: openSqliteStore(file, encryption, () => 0) };
}

async function filled() {
  const { file, store } = embedded();
  await fill(store);
  store.close();
  return file;
}

function move(file: string, url: string, more: Partial<MoveOptions> = {}): Promise<string[]> {
  const lines: string[] = [];
  const tell = (line: string) => void lines.push(line);
  return moveStore({ file, url, tag: 'test', encryption, now: () => NOW, tell, batch: 1, ...more }).then(
    () => lines,
  );
}

/** All that is there, with lives to the minute; sealed texts and write-ids are new each time. */
async function contents(url: string) {
  const redis = await operator(url);
  const found: Record<string, unknown> = {};
  for (const name of await redis.names('{test}:*')) {
    const read = READERS[String(await redis.ask('TYPE', name))];
    if (!read) continue; // the ring
    const values = (await redis.ask(...read(name))) as string[];
    const pairs = values.flatMap((value, i) => (i % 2 ? [] : [[value, values[i + 1]]]));
    const fields = { ...Object.fromEntries(pairs), ...(name.includes(':g:') ? { w: '', s: '' } : {}) };
    const minutes = Math.round(Number(await redis.ask('PTTL', name)) / 60_000);
    found[name] = { minutes, fields: name.match(/:[gsa]:/) ? fields : [...values].sort() };
  }
  return found;
}

const READERS: Record<string, (name: string) => string[]> = {
  hash: (name) => ['HGETALL', name],
  zset: (name) => ['ZRANGE', name, '0', '-1', 'WITHSCORES'],
  set: (name) => ['SMEMBERS', name],
};

async function opened(url: string, seal: Encryption = encryption): Promise<Store> {
  const { store } = await openRedisStore({ url, encryption: seal, tag: 'test', now: () => NOW });
  atEnd(() => store.close());
  return store;
}

test('what arrives is what the Redis store would have written itself, field by field and life by life', async () => {
  const [here, there] = [await startRedis(), await startRedis()];
  await fill(await opened(there.url));
  await move(await filled(), here.url);
  expect(await contents(here.url)).toEqual(await contents(there.url));
});

test('what is over stays behind: sessions, their grants, and attempts that nobody is told of any more', async () => {
  const { file, store } = embedded();
  await fill(store);
  await addThird(store);
  store.close();
  const { url } = await startRedis();
  const lines = await move(file, url, { now: () => NOW + 6 * HOUR });
  expect(lines.join()).toContain('Moved: 2 connections, 2 browsers signed in, 0 attempts');
  const redis = await operator(url);
  expect(await redis.names('*:g:*')).toEqual(['{test}:g:eu:1', '{test}:g:eu:2']);
  expect(await redis.names('*:s:*')).toEqual(['{test}:s:b', '{test}:s:c']);
});

async function addThird(store: Store) {
  const session = { key: 'd', data: '{}', idleUntil: NOW + HOUR, endsAt: NOW + HOUR };
  const grant = { id: 'eu:3', expected: null, content: { ...content, userId: '3' } };
  await store.signIn({ grant, session, replaces: null, attempt: null });
}

describe('nothing is moved, and nothing changes,', () => {
  test.each([
    ['without REDIS_URL', { REDIS_URL: '' }, 'REDIS_URL says where'],
    ['without a store', { DATA_DIR: '/nowhere' }, 'There is no store at /nowhere/sandbox/connect.db'],
    [
      'under another secret',
      { SESSION_SECRET: 'p5Tz8Qw2Lk9Xc4Vb7Nm1Rs6Gd3Hf0JyB' },
      'SESSION_SECRET opens nothing',
    ],
    ['to where no Redis is', { REDIS_URL: 'redis://127.0.0.1:9' }, 'Is Redis running there'],
  ])('%s', async (_words, env, words) => {
    const app = await startEmbedded();
    const visitor = visit(app);
    await visitor.connect();
    await app.stop();
    const { url } = await startRedis();
    const { code, output } = await startMover(app, url, { SESSION_SECRET: SECRET, ...env }).ended;
    expect([code, output]).toEqual([1, expect.stringContaining(words)]);
    expect(await (await operator(url)).names('*')).toEqual([]);
    expect(existsSync('/nowhere')).toBe(false);
    await app.restart();
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
  });

  test('into a Redis that evicts', async () => {
    const { url } = await startRedis([...DURABLE, '--maxmemory-policy', 'allkeys-lru']);
    await expect(move(await filled(), url)).rejects.toThrow('set it to noeviction');
    expect(await (await operator(url)).names('*')).toEqual([]);
  });

  test('into a Redis that was filled under another secret', async () => {
    const { url } = await startRedis();
    await opened(url, createEncryption(deriveKeys(['another']).seal));
    await expect(move(await filled(), url)).rejects.toThrow('SESSION_SECRET is not the one');
    expect(await (await operator(url)).names('*')).toEqual(['{test}:ring', '{test}:version']);
  });

  test('into a Redis on which the app runs; it may be started again there', async () => {
    const { url } = await startRedis();
    const store = await opened(url);
    await expect(move(await filled(), url)).rejects.toThrow('stop every instance');
    expect(await (await operator(url)).names('*')).toEqual(['{test}:ring', '{test}:version']);
    store.close();
    await opened(url);
  });

  test('into a Redis that another store is being moved into', async () => {
    const { url } = await startRedis();
    const redis = await operator(url);
    await redis.ask('SET', '{test}:moving', 'another a-run');
    await expect(move(await filled(), url)).rejects.toThrow('Another store is being moved');
    expect(await redis.ask('GET', '{test}:moving')).toBe('another a-run');
  });

  test('while somebody writes to the file', async () => {
    const app = await startEmbedded();
    const visitor = visit(app);
    await visitor.connect();
    await app.stop();
    const file = fileOf(app);
    const { url } = await startRedis();
    file.exec('INSERT INTO moved (id) VALUES (1); BEGIN IMMEDIATE');
    const { code, output } = await startMover(app, url).ended;
    expect([code, output]).toEqual([1, expect.stringContaining('stop the app')]);
    expect(await (await operator(url)).names('*')).toEqual([]);
    file.exec('ROLLBACK');
    await moved(app, url);
  });
});

describe('on the way', () => {
  /** Does this to Redis when the second batch has arrived. */
  async function disturbed(...words: string[]) {
    const file = await filled();
    const { url } = await startRedis();
    const redis = await operator(url);
    let lines = 0;
    const tell = () => void (++lines === 2 && redis.ask(...words));
    const attempt = move(file, url, { tell });
    return { file, url, attempt, redis };
  }

  test('a Redis that has lost some of it does not get the rest believed', async () => {
    const { file, url, attempt } = await disturbed('SPOP', '{test}:moved');
    await expect(attempt).rejects.toThrow('Redis has lost some of what was brought');
    openSqliteStore(file, encryption, () => 0).close();
    await move(file, url);
  });

  test('a Redis that was emptied', async () => {
    const { file, url, attempt } = await disturbed('FLUSHALL');
    await expect(attempt).rejects.toThrow('no longer knows of this move');
    expect((await move(file, url)).join()).toContain('Moved: 2 connections');
  });

  test('a Redis that stands still for longer than a page would wait is waited for', async () => {
    const file = await filled();
    const server = await startRedis();
    let lines = 0;
    function tell() {
      lines += 1;
      if (lines !== 2) return;
      server.freeze();
      setTimeout(server.thaw, 2000);
    }
    await move(file, server.url, { tell });
    expect(lines).toBeGreaterThan(2);
  });

  test('another run for the same file takes over: the first one brings nothing more', async () => {
    const { file, url, attempt, redis } = await disturbed('EVAL', TAKE_OVER, '0');
    await expect(attempt).rejects.toThrow('another run has taken over');
    expect(Number(await redis.ask('SCARD', '{test}:moved'))).toBeLessThan(6);
    expect((await move(file, url)).join()).toMatch(/took back the \d records/);
  });
});

const TAKE_OVER = `redis.call('APPEND', '{test}:moving', '-the-next')`;

describe('the disk', () => {
  test.each([
    ['a snapshot, where nothing is appended', ['--appendonly', 'no'], 'appendonly is off'],
    ['always', DURABLE, 'every change is on disk'],
  ])('%s: killed after the move, Redis still has everything', async (_words, settings, words) => {
    const server = await startRedis(settings);
    expect((await move(await filled(), server.url)).join()).toContain(words);
    const before = await contents(server.url);
    await server.kill();
    await server.start();
    expect(Object.keys(await contents(server.url))).toEqual(expect.arrayContaining(Object.keys(before)));
  });

  test('a server that cannot say when a change is on disk writes its file anew', async () => {
    const { url } = await startRedis(['--appendonly', 'yes', '--appendfsync', 'everysec']);
    await move(await filled(), url);
    const redis = await operator(url);
    const info = String(await redis.ask('INFO', 'persistence'));
    const rewrites = Number(/aof_rewrites:(\d+)/.exec(info)?.[1]);
    const version = String(await redis.ask('INFO', 'server'));
    expect(rewrites).toBe(/redis_version:7\.0/.test(version) ? 1 : 0); // from 7.2 on it can say so
  });

  test('a server that does not let itself be asked: it is moved, and said', async () => {
    const { url } = await startRedis(['--appendonly', 'no', '--rename-command', 'BGSAVE', '']);
    expect((await move(await filled(), url)).join()).toContain('keep the file until it has a backup');
  });

  test('a server that is writing already, of a time before: it is asked again when it is done', async () => {
    const { url } = await startRedis(['--appendonly', 'no']);
    const redis = await operator(url);
    for (let i = 0; i < 10; i += 1) await redis.ask('SET', `other:${i}`, '');
    await redis.ask('CONFIG', 'SET', 'rdb-key-save-delay', '100000');
    await redis.ask('BGSAVE');
    expect((await move(await filled(), url)).join()).not.toContain('keep the file until it has a backup');
    expect(String(await redis.ask('INFO', 'persistence'))).toMatch(/rdb_saves:2\r/);
  });

  test('a server that could not write: not moved, and the next run takes all of it back', async () => {
    const server = await startRedis(['--appendonly', 'no', '--enable-protected-configs', 'yes']);
    const redis = await operator(server.url);
    await redis.ask('CONFIG', 'SET', 'dbfilename', 'x'.repeat(300));
    const file = await filled();
    await expect(move(file, server.url)).rejects.toThrow('could not write to its disk');
    const store = openSqliteStore(file, encryption, () => 0);
    for (const key of ['a', 'b', 'c']) await store.endSession(key);
    await store.removeExpired(NOW + 3 * HOUR, 100);
    store.close();
    await redis.ask('CONFIG', 'SET', 'dbfilename', 'dump.rdb');
    expect((await move(file, server.url)).join()).toContain('Moved: 0 connections, 0 browsers');
    expect(await redis.names('*')).toEqual(['{test}:ring']);
  });
});

test('a copy of the file from before the move, moved again: what has become of it in Redis stays', async () => {
  const file = await filled();
  const copy = `${file}-copy`;
  copyFileSync(file, copy);
  const { url } = await startRedis();
  await move(file, url);
  const store = await opened(url);
  await store.updateSession('a', '{"since":true}');
  await store.takeAttempt({ state: 'open', browser: 'browser', answer: 'here', now: NOW });
  store.close();
  const before = await contents(url);
  const old = openSqliteStore(copy, encryption, () => 0);
  await old.takeAttempt({ state: 'open', browser: 'browser', answer: 'there', now: NOW });
  old.close();
  expect((await move(copy, url)).join()).toContain('Moved: 0 connections, 0 browsers');
  expect(await contents(url)).toEqual(before);
});

test('connections under a secret that is not listed are moved as they are, and said', async () => {
  const { file, store } = embedded();
  await fill(store);
  store.close();
  const older = openSqliteStore(file, createEncryption(deriveKeys(['an older one']).seal), () => 0);
  await addThird(older);
  older.close();
  const { url } = await startRedis();
  expect((await move(file, url)).join()).toContain('a secret that SESSION_SECRET does not list');
  const both = await opened(url, createEncryption(deriveKeys([SECRET, 'an older one']).seal));
  expect((await both.readGrant('eu:3'))?.userId).toBe('3');
});

test('an instance that starts listens before it looks for a move: one of the two sees the other', async () => {
  const { url } = await startRedis();
  const redis = await operator(url);
  let listeners: Promise<unknown> | undefined;
  const slow: Encryption = {
    ...encryption,
    seal(text, place) {
      listeners ??= redis.ask('PUBSUB', 'NUMSUB', '{test}:changed'); // it is being judged whether Redis is fit
      return encryption.seal(text, place);
    },
  };
  await opened(url, slow);
  expect(await listeners).toEqual(['{test}:changed', 1]);
});
