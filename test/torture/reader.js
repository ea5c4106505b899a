/**
 * A process that reads the store with the app's own modules and says what it finds. A process, so that it can be
 * ended without the last words that would tidy up the files of the store.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @param {string} file */
const own = (file) => import(pathToFileURL(join(String(process.env.APP_DIR), 'dist/session', file)).href);
const [{ openSqliteStore }, { createSealer }, { deriveKeys }] = await Promise.all(
  ['sqlite.js', 'sealing.js', 'keys.js'].map(own),
);

const sealer = createSealer(deriveKeys([String(process.env.SESSION_SECRET)]).seal);
const store = openSqliteStore(
  join(String(process.env.DATA_DIR), 'connect.db'),
  sealer,
  () => Number(process.hrtime.bigint()) / 1e6,
);

process.on('message', async (/** @type {{ number: number, userId: string }} */ { number, userId }) => {
  try {
    process.send?.({ number, record: await store.readGrant(`eu:${userId}`) });
  } catch (error) {
    process.send?.({ number, error: String(error) });
  }
});
process.send?.({ number: 0 });
