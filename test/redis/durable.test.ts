import { expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { connectRedis } from '../../src/store/redis/connection.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { content } from '../store/store-contract.ts';
import { atEnd } from '../support/app.ts';
import { startRedis } from './server.ts';

const NOW = 1_750_000_000_000;
const HOUR = 3_600_000;
const EVERY_SECOND = ['--appendonly', 'yes', '--appendfsync', 'everysec'];

/** A store on a server that syncs once a second, with twenty grants, and the server's own counts. */
async function twenty() {
  const server = await startRedis(EVERY_SECOND);
  const encryption = createEncryption(deriveKeys(['k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT']).seal);
  const { store, durability } = await openRedisStore({
    url: server.url,
    encryption,
    tag: 'test',
    now: () => NOW,
  });
  atEnd(() => store.close());
  const client = await createClient({ url: server.url, RESP: 2 }).connect();
  atEnd(() => client.destroy());
  const ids = Array.from({ length: 20 }, (_, i) => `eu:${i}`);
  await Promise.all(
    ids.map(async (id) =>
      store.signIn({
        grant: { id, expected: null, content },
        session: { key: id, data: '{}', idleUntil: NOW + HOUR, endsAt: NOW + HOUR },
        replaces: null,
        attempt: null,
      }),
    ),
  );
  return {
    store,
    durability,
    canWait: !(await client.sendCommand<string>(['INFO', 'server'])).includes('redis_version:7.0'),
    command: (...words: string[]) => client.sendCommand<unknown>(words),
    async writeAll() {
      const writeIds = await Promise.all(ids.map((id) => store.readWriteId(id)));
      return Promise.allSettled(ids.map((id, i) => store.writeGrant(id, String(writeIds[i]), content, 0)));
    },
  };
}

test('once a second: a server that can be waited for is, all writes together; what is at risk is said in any case', async () => {
  const { durability, canWait, writeAll, command } = await twenty();
  await command('CONFIG', 'RESETSTAT');
  expect((await writeAll()).every(({ status }) => status === 'fulfilled')).toBe(true);
  const waits = Number(
    /cmdstat_waitaof:calls=(\d+)/.exec(String(await command('INFO', 'commandstats')))?.[1] ?? 0,
  );
  expect(durability).toMatch(/may lose the last second, and connections with it/); // waiting narrows that, no more
  expect(durability.includes('WAITAOF')).toBe(canWait);
  expect(waits).toBeGreaterThanOrEqual(canWait ? 1 : 0);
  expect(waits).toBeLessThanOrEqual(canWait ? 3 : 0);
});

test('a line that is cut while it waits for the disk has promised nothing', async () => {
  const { canWait, writeAll, command } = await twenty();
  await command('CONFIG', 'SET', 'appendfsync', 'no'); // it will wait for long
  const writes = writeAll();
  let looks = 0;
  while (canWait && !/blocked_clients:[1-9]/.test(String(await command('INFO', 'clients'))) && looks++ < 400)
    await new Promise((wait) => setTimeout(wait, 5));
  if (!canWait) await writes;
  await command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  const outcomes = (await writes).map(({ status }) => status);
  expect(new Set(outcomes)).toEqual(new Set([canWait ? 'rejected' : 'fulfilled']));
});

/** Lines that a test can cut: each answers at once. */
function lines(onSend: (words: string[], cut: () => void) => unknown) {
  return async () => {
    let epoch = 0;
    const cut = () => {
      epoch += 1;
    };
    return {
      send: async (words: string[]) => onSend(words, cut),
      epoch: () => epoch,
      subscribe: async () => {},
      close: () => {},
    };
  };
}

test('a new line says "on disk" of what was written on the old one: it is not believed', async () => {
  const cutAfterWrite = lines((words, cut) => {
    if (words[0] !== 'WAITAOF') return cut();
    return [1, 0];
  });
  const redis = await connectRedis('redis://nowhere', '{test}:', cutAfterWrite);
  await redis.waitForFile();
  await expect(redis.runDurably('endSession', 'key')).rejects.toMatchObject({ code: 'REDIS_NOT_DURABLE' });
});

test('a disk that does not follow in time is an error', async () => {
  const redis = await connectRedis(
    'redis://nowhere',
    '{test}:',
    lines(([word]) => (word === 'WAITAOF' ? [0, 0] : 1)),
  );
  await redis.waitForFile();
  await expect(redis.runDurably('endSession', 'key')).rejects.toMatchObject({ code: 'REDIS_NOT_DURABLE' });
});
