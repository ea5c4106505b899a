import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConfigOfProcess } from '../config/config.ts';
import { totalsWords } from '../operations/totals.ts';
import { createEncryption } from '../store/encryption.ts';
import { deriveKeys, storedSecret } from '../store/keys.ts';
import { openPostgresTotals } from '../store/postgres/totals.ts';
import { openRedisTotals } from '../store/redis/totals.ts';
import { openSqliteTotals } from '../store/sqlite/totals.ts';
import { clocks } from '../time/clocks.ts';

/** What `npm run status` runs, beside the app or without it: it reads, and writes nothing. */
const settings = readConfigOfProcess();
if (!settings.ok) refuse(settings.faults.join('\n'));
const { dataDir, redisUrl, databaseUrl, storeTag, sessionSecrets, callsPerMinute } = settings.config;
const file = join(dataDir, 'connect.db');
const isEmbedded = redisUrl === null && databaseUrl === null;
if (isEmbedded && !existsSync(file)) refuse(`There is no store at ${file}.`);
const secrets = sessionSecrets.length > 0 ? sessionSecrets : [storedSecret(dataDir)];
const encryption = createEncryption(deriveKeys(secrets).seal);
try {
  const store = await openTotals();
  const totals = { ...(await store.countConnections()), calls: await store.readCalls() };
  process.stdout.write(`${totalsWords(totals, callsPerMinute, clocks.now()).join('\n')}\n`);
  store.close();
} catch (error) {
  refuse((error as Error).message);
}

function openTotals() {
  if (redisUrl !== null) return openRedisTotals(redisUrl, storeTag, encryption);
  if (databaseUrl !== null) return openPostgresTotals(databaseUrl, storeTag, encryption);
  return openSqliteTotals(file, encryption, clocks.monotonic);
}

function refuse(words: string): never {
  process.stderr.write(`No status. ${words}\n`);
  process.exit(1);
}
