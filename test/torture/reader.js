/**
 * A process that reads the store with the app's own modules and says what it finds; it runs where this run's copy of
 * the app is. A process, so that it can be
 * ended without the last words that would tidy up the files of the store.
 */
import { join } from 'node:path';
import { createEncryption } from '../../dist/store/encryption.js';
import { deriveKeys } from '../../dist/store/keys.js';
import { openPostgresStore } from '../../dist/store/postgres/store.js';
import { openRedisStore } from '../../dist/store/redis/store.js';
import { openSqliteStore } from '../../dist/store/sqlite/store.js';
import { clocks } from '../../dist/time/clocks.js';

const { REDIS_URL, DATABASE_URL, DATA_DIR = '', SESSION_SECRET = '' } = process.env;
const encryption = createEncryption(deriveKeys([SESSION_SECRET]).seal);
const store = await open().catch(leave);

process.on('message', async (/** @type {{ number: number, userId: string }} */ { number, userId }) => {
  process.send?.({ number, reading: await read(userId) });
});
process.send?.({ number: 0, reading: null });

/** @param {string} userId */
async function read(userId) {
  try {
    return { record: await store.readGrant(store.grantIdOf({ issuer: 'eu', userId })) };
  } catch (error) {
    return isAway(error) ? null : { error: String(error) };
  }
}

async function open() {
  if (DATABASE_URL) {
    return (await openPostgresStore({ url: DATABASE_URL, encryption, tag: 'withings-connect' })).store;
  }
  if (!REDIS_URL) return openSqliteStore(join(DATA_DIR, 'connect.db'), encryption, clocks.monotonic);
  const options = { url: REDIS_URL, encryption, now: clocks.now, tag: 'withings-connect' };
  return (await openRedisStore(options)).store;
}

/** A server that was killed or stopped says nothing about a record. @param {unknown} error */
function isAway(error) {
  return /^(REDIS|POSTGRES)_/.test(String(/** @type {{ code?: unknown }} */ (error)?.code));
}

/** @param {unknown} error @returns {never} */
function leave(error) {
  if (!isAway(error)) throw error;
  process.exit(1);
}
