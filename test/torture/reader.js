/**
 * A process that reads the store with the app's own modules and says what it finds. A process, so that it can be
 * ended without the last words that would tidy up the files of the store.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @param {string} file */
const own = (file) => import(pathToFileURL(join(String(process.env.APP_DIR), 'dist', file)).href);
const [{ openStore }, { createEncryption }, { deriveKeys }] = await Promise.all(
  ['storing.js', 'session/sealing.js', 'session/keys.js'].map(own),
);

const encryption = createEncryption(deriveKeys([String(process.env.SESSION_SECRET)]).seal);
const { store } = await openStore(
  {
    redisUrl: process.env.REDIS_URL ?? null,
    dataDir: String(process.env.DATA_DIR),
    withings: { sandbox: false },
  },
  encryption,
  { now: Date.now, monotonic: () => Number(process.hrtime.bigint()) / 1e6 },
).catch(leave);

process.on('message', async (/** @type {{ number: number, userId: string }} */ { number, userId }) => {
  process.send?.({ number, reading: await read(userId) });
});
process.send?.({ number: 0, reading: null });

/** @param {string} userId */
async function read(userId) {
  try {
    return { record: await store.readGrant(`eu:${userId}`) };
  } catch (error) {
    return isAway(error) ? null : { error: String(error) };
  }
}

/** A Redis that was killed or stopped says nothing about a record. @param {unknown} error */
function isAway(error) {
  return String(/** @type {{ code?: unknown }} */ (error)?.code).startsWith('REDIS_');
}

/** @param {unknown} error @returns {never} */
function leave(error) {
  if (!isAway(error)) throw error;
  process.exit(1);
}
