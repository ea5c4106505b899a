import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { connectRedis } from '../../src/store/redis/connection.ts';
import { openRedisStore, type RedisOptions } from '../../src/store/redis/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { quotaOf } from '../../src/tokens/quota.ts';
import { PRIORITIES } from '../../src/withings/rate-limit.ts';
import { content, storeContract } from '../store/store-contract.ts';
import { atEnd, tempDir } from '../support/machine.ts';
import { DURABLE, type RedisServer, startRedis } from './server.ts';

const NOW = 1_750_000_000_000;
const HOUR = 3_600_000;
const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';

async function open({ url }: Pick<RedisServer, 'url'>, options: Partial<RedisOptions> = {}) {
  const encryption = createEncryption(deriveKeys([SECRET]).seal);
  const opened = await openRedisStore({ url, encryption, tag: 'test', now: () => NOW, ...options });
  atEnd(() => opened.store.close());
  return opened;
}

async function openOn(server: Pick<RedisServer, 'url'>, options: Partial<RedisOptions> = {}) {
  return (await open(server, options)).store;
}

async function openTwo() {
  const server = await startRedis();
  const hostClock = { now: 1_000_000 };
  const serverClock = () => hostClock.now;
  const store = await openOn(server, { serverClock });
  return { store, another: await openOn(server, { serverClock }), hostClock };
}

storeContract('Redis', openTwo);

test('both stores decide alike about the same calls', async () => {
  const server = await startRedis();
  const hostClock = { now: 1_000_000 };
  const redis = await openOn(server, { serverClock: () => hostClock.now });
  const encryption = createEncryption(deriveKeys([SECRET]).seal);
  const sqlite = openSqliteStore(join(tempDir(), 'connect.db'), encryption, () => hostClock.now);
  atEnd(() => sqlite.close());
  const quota = { ...quotaOf(60, 70_000), perPerson: 12, places: 15 };
  const ids: [string, string, number][] = [];
  for (let step = 0; step < 1500; step += 1) {
    const drawn = (below: number) =>
      Math.floor((Math.abs(Math.sin(step * 12.9898 + below) * 43758.5453) % 1) * below);
    hostClock.now += drawn(400);
    const wanted = {
      priority: PRIORITIES[drawn(4)] ?? 'data',
      calls: 1 + drawn(5),
      person: drawn(3) === 0 ? null : `person ${drawn(20)}`,
      isBegun: drawn(7) === 0,
      process: `process ${drawn(2)}`,
      known: drawn(50) === 0 ? 3 : 0,
    };
    const one = await redis.takeCalls(wanted, quota);
    const other = await sqlite.takeCalls(wanted, quota);
    if ('id' in one && 'id' in other) {
      expect(one.calls).toBe(other.calls);
      ids.push([one.id, other.id, drawn(one.calls + 1)]);
    } else expect([step, one]).toEqual([step, other]);
    const [first, second, made] = ids.splice(0, drawn(2))[0] ?? ['none', 'none', 0];
    await redis.endCalls(first, made, 0, 0);
    await sqlite.endCalls(second, made, 0, 0);
  }
  expect(ids.length).toBeLessThan(1500);
});

/** Resolves when it answers again. */
async function back(store: Store): Promise<void> {
  for (let looks = 0; looks < 200; looks += 1) {
    const answers = await store.probe().then(
      () => true,
      () => false,
    );
    if (answers) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function signIn(store: Store, key = 'key') {
  const session = { key, data: '{}', idleUntil: NOW + HOUR, endsAt: NOW + 2 * HOUR };
  return store.signIn({
    grant: { id: 'eu:363', expected: await store.readWriteId('eu:363'), content },
    session,
    replaces: null,
    attempt: null,
  });
}

test('of ten thousand writes against one write-id, over two connections, one wins', async () => {
  const server = await startRedis();
  const [store, another] = await Promise.all([openOn(server), openOn(server)]);
  await signIn(store);
  const writeId = String(await store.readWriteId('eu:363'));
  let won = 0;
  for (let round = 0; round < 10; round += 1) {
    const tries = Array.from({ length: 1000 }, (_, i) =>
      (i % 2 ? store : another).writeGrant('eu:363', writeId, content, 0),
    );
    won += (await Promise.all(tries)).filter((grant) => grant !== null).length;
  }
  expect(won).toBe(1);
});

test('leases run by the server’s own clock', async () => {
  const server = await startRedis();
  const [store, another] = await Promise.all([openOn(server), openOn(server)]);
  await signIn(store);
  const mine = await store.writeGrant('eu:363', String(await store.readWriteId('eu:363')), content, 250);
  expect(mine?.leased).toBe(true);
  expect((await another.readGrant('eu:363'))?.leased).toBe(true);
  let looks = 0;
  while ((await another.readGrant('eu:363'))?.leased && looks < 200) {
    looks += 1;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect((await another.readGrant('eu:363'))?.leased).toBe(false);
});

test.each([
  [DURABLE, /every change is on disk before it is used/],
  [['--appendonly', 'yes', '--appendfsync', 'everysec'], /may lose the last second, and connections with it/],
  [['--appendonly', 'no'], /appendonly is off/],
])('how durable %j is, is said in a line', async (settings, words) => {
  expect((await open(await startRedis(settings))).durability).toMatch(words);
});

test('of one that reports no file its operator may say that it keeps a log of its own, and is believed', async () => {
  const server = await startRedis(['--appendonly', 'no']);
  const { durability, durable } = await open(server, { isVouched: true });
  expect([durability, durable]).toEqual([expect.stringContaining('as its operator says'), true]);
  await expect(
    open(await startRedis(['--maxmemory-policy', 'allkeys-lru']), { isVouched: true }),
  ).rejects.toThrow('noeviction');
});

test('a server that evicts is refused, with the setting to change', async () => {
  const server = await startRedis([...DURABLE, '--maxmemory-policy', 'allkeys-lru']);
  await expect(openOn(server)).rejects.toThrow('set it to noeviction');
});

test('a wrong password is refused without being repeated', async () => {
  const server = await startRedis([...DURABLE, '--requirepass', 'the-right-one']);
  const { port } = new URL(server.url);
  await expect(openOn({ url: `redis://:a-wrong-one@127.0.0.1:${port}` })).rejects.toMatchObject({
    code: 'REDIS_REFUSED',
    reply: 'WRONGPASS',
  });
  expect((await open({ url: `redis://:the-right-one@127.0.0.1:${port}` })).durability).toContain('on disk');
});

test('killed and started again: calls fail at once meanwhile, and everything is there afterwards', async () => {
  const server = await startRedis();
  const store = await openOn(server);
  await signIn(store);
  await server.kill();
  await expect(store.readGrant('eu:363')).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
  await expect(store.probe()).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
  await server.start();
  await back(store);
  expect(await store.readGrant('eu:363')).toMatchObject(content);
});

test('a server that stands still is given up on, and found again', async () => {
  const server = await startRedis();
  const store = await openOn(server);
  await signIn(store);
  server.freeze();
  await expect(store.readGrant('eu:363')).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' });
  server.thaw();
  await back(store);
  expect(await store.readGrant('eu:363')).toMatchObject(content);
});

test('a server whose memory is full refuses writes aloud', async () => {
  const server = await startRedis();
  const store = await openOn(server);
  await signIn(store);
  const other = await openOn(server);
  const writeId = String(await store.readWriteId('eu:363'));
  const { createClient } = await import('@redis/client');
  const admin = createClient({ url: server.url });
  await admin.connect();
  await admin.sendCommand(['CONFIG', 'SET', 'maxmemory', '1']);
  await expect(other.writeGrant('eu:363', writeId, content, 1000)).rejects.toMatchObject({
    code: 'REDIS_REFUSED',
  });
  expect(await other.readGrant('eu:363')).toMatchObject({ ...content, writeId });
  admin.destroy();
});

test('scripts that Redis has forgotten are sent again', async () => {
  const server = await startRedis();
  const store = await openOn(server);
  await signIn(store);
  const { createClient } = await import('@redis/client');
  const admin = createClient({ url: server.url });
  await admin.connect();
  await admin.sendCommand(['SCRIPT', 'FLUSH']);
  admin.destroy();
  expect(await store.readGrant('eu:363')).toMatchObject(content);
});

test('a grant that the server has forgotten by itself is not given to the sweeper, and its index forgets it', async () => {
  const server = await startRedis();
  const store = await openOn(server);
  await signIn(store);
  const open = { ...content, intent: { token: 'f', since: NOW } };
  await store.writeGrant('eu:363', String(await store.readWriteId('eu:363')), open, 0);
  const redis = await connectRedis(server.url, '{test}:');
  atEnd(() => redis.close());
  await redis.command('DEL', '{test}:g:eu:363');
  expect(await store.claimDueGrants('eu', NOW, 10)).toEqual([]);
  expect(await redis.command('EXISTS', '{test}:grants-due')).toBe(0);
});

test('whoever publishes without our key is not listened to', async () => {
  const server = await startRedis();
  const [store, another] = await Promise.all([openOn(server), openOn(server)]);
  const first = new Promise((resolve) => another.pubsub?.subscribe(resolve));
  const stranger = await connectRedis(server.url, '{test}:');
  atEnd(() => stranger.close());
  await stranger.command('PUBLISH', '{test}:messages', 'a lie');
  store.pubsub?.publish('the truth');
  expect(await first).toBe('the truth');
});
