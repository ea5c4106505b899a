import { expect, jest, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { install } from '../doctor/installation.ts';
import { DURABLE, startRedis } from './server.ts';

jest.setTimeout(120_000);

async function say(url: string, ...words: string[]): Promise<unknown> {
  const client = await createClient({ url }).connect();
  return client.sendCommand(words).finally(() => client.destroy());
}

const KEY = '{withings-connect}:probe';

test('a Redis that is sound, that evicts, that is not durable, that is nearly full, that is a replica, that is gone', async () => {
  const redis = await startRedis();
  const whole = await install({ REDIS_URL: redis.url });
  const sound = await whole.examine();
  expect([sound.code, sound.fails('store')]).toEqual([0, '']);
  expect(sound.well('store')).toContain('It is the primary, and throws nothing away');
  expect(sound.well('store')).toContain('every change is on disk before it is used');
  expect(sound.well('store')).toContain('SESSION_SECRET opens it');
  expect(sound.well('store')).toContain('% of its memory is used');
  expect(sound.well('store') + sound.warns('store')).toMatch(/It took a row and let it go again in \d+ ms/);
  expect(sound.well('custody')).toContain('0 connections');
  expect(sound.well('quota')).toContain('0 calls');
  expect(await say(redis.url, 'EXISTS', KEY)).toBe(0);

  await say(redis.url, 'CONFIG', 'SET', 'maxmemory', '100mb');
  await say(redis.url, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  const evicting = await whole.examine();
  expect([evicting.code, evicting.fails('store')]).toEqual([
    1,
    expect.stringContaining('maxmemory-policy allkeys-lru'),
  ]);
  await say(redis.url, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  await say(redis.url, 'CONFIG', 'SET', 'appendfsync', 'everysec');
  expect((await whole.examine()).warns('store')).toContain('may lose the last second');
  expect((await whole.examine({ REDIS_DURABLE: 'on' })).well('store')).toContain('as its operator says');
  await say(redis.url, 'CONFIG', 'SET', 'maxmemory', '1');
  const full = await whole.examine();
  expect(full.fails('store')).toContain('there is room for about 0 more people');
  expect(full.fails('store')).toContain('The memory of Redis is full');

  const replica = await startRedis([...DURABLE, '--replicaof', '127.0.0.1', new URL(redis.url).port]);
  expect((await whole.examine({ REDIS_URL: replica.url })).fails('store')).toContain('leads to a replica');
  await redis.kill();
  const gone = await whole.examine();
  expect([gone.code, gone.fails('store')]).toEqual([
    1,
    expect.stringContaining('nothing listens at that host and port'),
  ]);
});
