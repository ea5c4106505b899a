import { describe, expect, test } from '@jest/globals';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openRedisCopy } from '../../src/store/redis/copy.ts';
import { openRedisRestored } from '../../src/store/redis/restored.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { connectionsContract } from '../store/connections-contract.ts';
import { copy, copyContract } from '../store/copy-contract.ts';
import { frozenContract } from '../store/frozen.ts';
import { closing, contents, encryption, filled, NOW, type Place, sqlitePlace } from '../store/places.ts';
import { restoredContract } from '../store/restored-contract.ts';
import { operator } from './migration.ts';
import { DURABLE, startRedis } from './server.ts';

const SHARED = { url: `${process.env.TEST_REDIS_URL}/7999` };

let places = 0;

/** Names of its own in the server of all suites, or in one of the test's own. */
async function redisPlace({ url } = SHARED): Promise<Place & { tag: string }> {
  const tag = `${process.pid}-${places++}`;
  const options = { url, tag, now: () => NOW };
  return {
    tag,
    open: async (seal = encryption) =>
      closing((await openRedisStore({ ...options, encryption: seal })).store),
    openCopy: async (role) => closing(await openRedisCopy({ ...options, encryption, issuer: 'eu', role })),
    openRestored: async () => closing(await openRedisRestored({ ...options, encryption })),
  };
}

connectionsContract('Redis', redisPlace);
frozenContract('Redis', redisPlace);
restoredContract('Redis', redisPlace);
copyContract('SQLite to Redis', sqlitePlace, redisPlace);
copyContract('Redis to SQLite', redisPlace, sqlitePlace);
copyContract('Redis to Redis', redisPlace, redisPlace);

/**
 * All that is there, with TTLs to the minute; sealed texts and write-ids are new each time. What services news were of
 * says how old answers are that a process has in memory, and is not copied; when tokens grow old is looked up anew.
 */
async function names(url: string) {
  const redis = await operator(url);
  const found: Record<string, unknown> = {};
  for (const name of await redis.names('*')) {
    const read = READERS[String(await redis.ask('TYPE', name))];
    if (!read) continue; // the key, the version
    const values = (await redis.ask(...read(name))) as string[];
    const pairs = values.flatMap((value, i) =>
      i % 2 || value.startsWith('h ') ? [] : [[value, values[i + 1]]],
    );
    const fields = { ...Object.fromEntries(pairs), ...(/:[gp]:/.test(name) ? { w: '', s: '' } : {}) };
    const minutes = Math.round(Number(await redis.ask('PTTL', name)) / 60_000);
    const short = name.replace(/^\{.*?\}/, '');
    const members = name.endsWith('grants-to-renew') ? Object.keys(fields) : values;
    found[short] = { minutes, fields: short.match(/:[gsape]:/) ? fields : [...members].sort() };
  }
  return found;
}

const READERS: Record<string, (name: string) => string[]> = {
  hash: (name) => ['HGETALL', name],
  zset: (name) => ['ZRANGE', name, '0', '-1', 'WITHSCORES'],
  set: (name) => ['SMEMBERS', name],
};

async function toServer(settings = DURABLE) {
  const server = await startRedis(settings);
  const [source, target] = [await filled(await sqlitePlace()), await redisPlace(server)];
  return { server, source, target, before: await contents(source), redis: await operator(server.url) };
}

test('what arrives is what the Redis store would have written itself, field by field and TTL by TTL', async () => {
  const [here, there] = [await startRedis(), await startRedis()];
  const [from, target, place] = [
    await filled(await sqlitePlace()),
    await redisPlace(here),
    await redisPlace(there),
  ];
  await copy(from, target);
  const key = await (await operator(here.url)).ask('GET', `{${target.tag}}:key`);
  await (await operator(there.url)).ask('SET', `{${place.tag}}:key`, String(key));
  await filled(place);
  expect(await names(here.url)).toEqual(await names(there.url));
});

test('a grant that nobody is signed in on is forgotten by the server within the hour', async () => {
  const { source, target, redis } = await toServer();
  await copy(source, target, { now: () => NOW + 100 * 3_600_000 });
  const name = `{${target.tag}}:g:eu:1`;
  const left = Number(await redis.ask('PTTL', name));
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(3_600_000);
});

describe('nothing is copied, and nothing changes,', () => {
  test('into a Redis that evicts; out of it everything is', async () => {
    const { source, target, redis, before } = await toServer([
      ...DURABLE,
      '--maxmemory-policy',
      'allkeys-lru',
    ]);
    await expect(copy(source, target)).rejects.toThrow('set it to noeviction');
    expect(await redis.names('*')).toEqual([]);
    await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await copy(source, target);
    await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const back = await sqlitePlace();
    await copy(target, back);
    expect(await contents(back)).toEqual(before);
  });

  test('into a Redis that was filled under another secret', async () => {
    const { source, target } = await toServer();
    await target.open(createEncryption(deriveKeys(['another']).seal));
    await expect(copy(source, target)).rejects.toThrow('SESSION_SECRET is not the one');
    await source.open();
  });

  test('when Redis is emptied on the way', async () => {
    const { source, target, redis, before } = await toServer();
    const there = await target.openCopy('target');
    const put: typeof there.put = async (...batch) => {
      await redis.ask('FLUSHALL');
      return there.put(...batch);
    };
    await expect(copy(source, target, { target: { ...there, put } })).rejects.toThrow('has lost data');
    await source.open();
    expect(await contents(source)).toEqual(before);
  });
});

test('a Redis that stands still for longer than a page would wait is waited for', async () => {
  const { server, source, target, before } = await toServer();
  const there = await target.openCopy('target');
  let puts = 0;
  const put: typeof there.put = (...batch) => {
    puts += 1;
    if (puts === 2) {
      server.freeze();
      setTimeout(server.thaw, 1500);
    }
    return there.put(...batch);
  };
  await copy(source, target, { target: { ...there, put } });
  expect(await contents(target)).toEqual(before);
});

test("what the server has forgotten by itself, and its indexes not yet, is in nobody's way", async () => {
  const { source, target, redis } = await toServer();
  await copy(source, target);
  for (const name of await redis.names('*')) if (/:(s:|g:eu:2$)/.test(name)) await redis.ask('DEL', name);
  const back = await sqlitePlace();
  expect(await copy(target, back, { from: 'THERE', to: 'BACK' })).toContain(
    'Copied: 1 connection, 0 browsers',
  );
  const left = (await contents(back)).filter((record) => record.includes('eu:2'));
  expect(left).toEqual([expect.stringMatching(/^people .*"due_at":0/)]); // that permission is to be given back
});

test('whose grant nobody is signed in on, for them it is given back as well', async () => {
  const { source, target } = await toServer();
  await copy(source, target, { now: () => NOW + 100 * 3_600_000 });
  const there = await target.open();
  for (let rounds = 0; rounds < 2; rounds += 1) await there.removeExpired(NOW, 2); // the next two are checked
  const due = await there.claimRevocations('eu', NOW, 1000, 10);
  expect(due.map(({ id }) => id).sort()).toEqual(['eu:1', 'eu:2', 'eu:gone']);
});

test('indexes alone make no store that is not empty', async () => {
  const { source, target, redis, before } = await toServer();
  await filled(target);
  for (const name of await redis.names('*')) if (/:[sgpe]:/.test(name)) await redis.ask('DEL', name);
  await copy(source, target);
  expect(await contents(target)).toEqual(before);
});

test('a store of a newer version is not copied', async () => {
  const { target, redis } = await toServer();
  await redis.ask('SET', `{${target.tag}}:version`, '1000');
  await expect(target.openCopy('source')).rejects.toThrow('newer version');
  await expect(target.openCopy('target')).rejects.toThrow('newer version');
});

describe('the disk', () => {
  test.each([
    ['always', DURABLE],
    ['every second', ['--appendonly', 'yes', '--appendfsync', 'everysec']],
    ['a snapshot', ['--appendonly', 'no']],
  ])('%s: killed after the copy, Redis still has everything', async (_words, settings) => {
    const { server, source, target, before } = await toServer(settings);
    expect(await copy(source, target)).not.toContain('does not say');
    await server.kill();
    await server.start();
    expect(await contents(target)).toEqual(before);
  });

  test.each([
    ['always', DURABLE, 'aof_rewrites:0'],
    ['every second', ['--appendonly', 'yes', '--appendfsync', 'everysec'], 'aof_rewrites:1'],
    ['a snapshot', ['--appendonly', 'no'], 'rdb_saves:1'],
  ])('%s: the file is written anew where that is needed', async (_words, settings, count) => {
    const { source, target, redis } = await toServer(settings);
    await copy(source, target);
    expect(String(await redis.ask('INFO', 'persistence'))).toContain(`${count}\r`);
  });

  test('a Redis that is closed, with a snapshot alone: killed, it is closed still', async () => {
    const { server, source, target } = await toServer(['--appendonly', 'no']);
    await copy(source, target);
    await copy(target, await sqlitePlace(), { from: 'THERE', to: 'BACK' });
    await server.kill();
    await server.start();
    await expect(target.open()).rejects.toThrow('was copied to BACK');
  });

  test('a server that does not let itself be asked: it is copied, and said', async () => {
    const { source, target } = await toServer(['--appendonly', 'no', '--rename-command', 'BGSAVE', '']);
    expect(await copy(source, target)).toContain('THERE does not say whether it has all of that on its disk');
  });

  test('a server that is writing already, of a time before: it is asked again when it is done', async () => {
    const { source, target, redis } = await toServer(['--appendonly', 'no']);
    for (let i = 0; i < 10; i += 1) await redis.ask('SET', `other:${i}`, '');
    await redis.ask('CONFIG', 'SET', 'rdb-key-save-delay', '100000');
    await redis.ask('BGSAVE');
    expect(await copy(source, target)).not.toContain('does not say');
    expect(String(await redis.ask('INFO', 'persistence'))).toContain('rdb_saves:2\r');
  });

  test('a server that could not write: nothing is copied', async () => {
    const { source, target, redis, before } = await toServer([
      '--appendonly',
      'no',
      '--enable-protected-configs',
      'yes',
    ]);
    await redis.ask('CONFIG', 'SET', 'dbfilename', 'x'.repeat(300));
    await expect(copy(source, target)).rejects.toThrow('could not write to its disk');
    await source.open();
    expect(await contents(source)).toEqual(before);
    expect(await redis.names('*')).toEqual(
      ['copy', 'key', 'version'].map((name) => `{${target.tag}}:${name}`),
    );
  });
});
