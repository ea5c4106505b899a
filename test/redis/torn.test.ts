import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { content } from '../store/store-contract.ts';
import { atEnd, tempDir } from '../support/machine.ts';
import { DURABLE, startRedis } from './server.ts';

const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
const HOUR = 3_600_000;

async function openOn(url: string) {
  const encryption = createEncryption(deriveKeys([SECRET]).seal);
  const { store } = await openRedisStore({ url, encryption, tag: 'test', now: Date.now });
  atEnd(() => store.close());
  return store;
}

test('a transaction that a crash of the host tore takes nothing with it that was answered since', async () => {
  const dir = tempDir();
  const redis = await startRedis([...DURABLE, '--dir', dir]);
  const store = await openOn(redis.url);
  for (const id of ['eu:1', 'eu:2']) {
    const at = Date.now();
    const session = { key: id, data: '{}', idleUntil: at + HOUR, endsAt: at + HOUR };
    await store.signIn({ grant: { id, expected: null, content }, session, replaces: null, attempt: null });
  }
  await redis.kill();
  const folder = join(dir, 'appendonlydir');
  const file = join(folder, String(readdirSync(folder).find((name) => name.endsWith('.incr.aof'))));
  truncateSync(file, readFileSync(file, 'latin1').lastIndexOf('EXEC') + 2);
  await redis.start();

  const after = await openOn(redis.url);
  expect(await after.readWriteId('eu:2')).toBeNull();
  const written = await after.writeGrant('eu:1', String(await after.readWriteId('eu:1')), content, 0);
  await redis.kill();
  await redis.start();
  expect(await (await openOn(redis.url)).readWriteId('eu:1')).toBe(written?.writeId);
});
