import { existsSync } from 'node:fs';
import { readConfigOfProcess } from '../config/config.ts';
import { whyNotStarted } from '../operations/not-started.ts';
import { totalsWords } from '../operations/totals.ts';
import { createEncryption } from '../store/encryption.ts';
import { deriveKeys, secretFile, storedSecret } from '../store/keys.ts';
import { storeFile } from '../store/sqlite/schema.ts';
import { openTotals } from '../store/totals.ts';
import { clocks } from '../time/clocks.ts';

/** What `npm run status` runs, beside the app or without it: it reads, and writes nothing. */
const settings = readConfigOfProcess();
if (!settings.ok) refuse(settings.faults.join('\n'));
const { dataDir, sharedStore, sessionSecrets, callsPerMinute } = settings.config;
const file = storeFile(dataDir);
if (sharedStore === null && !existsSync(file)) refuse(`There is no store at ${file}.`);
if (sessionSecrets.length === 0 && !existsSync(secretFile(dataDir))) {
  refuse('Set SESSION_SECRET as the app has it: there is none here, and this makes none.');
}
try {
  const secrets = sessionSecrets.length > 0 ? sessionSecrets : [storedSecret(dataDir)];
  const encryption = createEncryption(deriveKeys(secrets).seal);
  const store = await openTotals(settings.config, encryption, clocks.monotonic);
  const totals = { ...(await store.countConnections()), calls: await store.readCalls() };
  process.stdout.write(`${totalsWords(totals, callsPerMinute, clocks.now()).join('\n')}\n`);
  store.close();
} catch (error) {
  refuse(whyNotStarted(error, settings.config));
}

function refuse(words: string): never {
  process.stderr.write(`No status. ${words}\n`);
  process.exit(1);
}
