import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createEncryption } from '../../dist/store/encryption.js';
import { deriveKeys, hashed } from '../../dist/store/keys.js';
import { openRedisStore } from '../../dist/store/redis/store.js';
import { openSqliteStore } from '../../dist/store/sqlite/store.js';
import { begun, renewed } from '../../dist/tokens/changes.js';
import { SECRET, startRedis, tempDir } from './servers.js';

const DAY = 86_400_000;
const AT_ONCE = 200;

/** What so many connected people take up, each with one browser and a few refreshes behind them. @param {number} people */
export async function measureMemory(people) {
  const encryption = createEncryption(deriveKeys([SECRET]).seal);
  const redis = await startRedis('no');
  const used = () => redis.info('memory', /used_memory:(\d+)/);
  const opened = await openRedisStore({ url: redis.url, encryption, tag: 'bench', now: Date.now });
  const before = await used();
  await fill(opened.store, people);
  const inRedis = (await used()) - before;
  opened.store.close();

  const file = join(tempDir(), 'connect.db');
  const few = Math.min(people, 20_000); // each is synced to the disk
  const sqlite = openSqliteStore(file, encryption, () => performance.now());
  await fill(sqlite, few);
  sqlite.close();
  return { people, redisBytes: inRedis / people, sqliteBytes: statSync(file).size / few };
}

/** @param {import('../../src/store/store.ts').Store} store @param {number} people */
async function fill(store, people) {
  for (let first = 0; first < people; first += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, people - first) }, (_, i) =>
      signIn(store, first + i),
    );
    await Promise.all(batch);
  }
}

/**
 * One person, whose user id has eight digits.
 *
 * @param {import('../../src/store/store.ts').Store} store @param {number} person @param {string} [key] of their session
 */
export async function signIn(store, person, key = hashed(String(10_000_000 + person))) {
  const now = Date.now();
  const userId = String(10_000_000 + person);
  const token = `${userId}${'a7'.repeat(16)}`;
  const pair = { userId, accessToken: token, refreshToken: token, scope: SCOPE, expiresInSeconds: 10_800 };
  let content = begun(pair, { issuer: 'eu', demo: false, askedScope: SCOPE }, now);
  for (let refresh = 0; refresh < 5; refresh += 1) content = renewed(content, token, pair, now, 'due');
  await store.signIn({
    grant: {
      id: store.grantIdOf({ issuer: 'eu', userId }),
      expected: null,
      content: { ...content, previousRefreshToken: null, intent: null },
    },
    session: {
      key,
      data: JSON.stringify({ signedInAt: now }),
      idleUntil: now + 30 * DAY,
      endsAt: now + 365 * DAY,
    },
    replaces: null,
    attempt: null,
  });
}

const SCOPE = ['user.info', 'user.metrics', 'user.activity'];
