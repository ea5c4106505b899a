import { existsSync, mkdirSync, statSync } from 'node:fs';
import { readConfigOfProcess } from '../config/config.ts';
import { createEncryption } from '../store/encryption.ts';
import { deriveKeys, secretFile, storedSecret } from '../store/keys.ts';
import { openPostgresRestored } from '../store/postgres/restored.ts';
import { openRedisRestored } from '../store/redis/restored.ts';
import type { RestorableStore } from '../store/restored.ts';
import { openSqliteRestored, putBack } from '../store/sqlite/backup.ts';
import { storeFile } from '../store/sqlite/schema.ts';

const USAGE = `Usage: npm run restore -- FILE         puts a backup into DATA_DIR, while the app is stopped
       npm run restore -- --mark       the store that the settings name was put back by other means
       npm run restore -- --confirm    no other copy of it is in use any more`;

const HELD = `It is held: the app starts on it, serves nobody and asks Withings for nothing, so that it harms no other copy that
is in use. When none is, or this was the last, say so: npm run restore -- --confirm`;

/** What `npm run restore` runs. */
process.umask(0o077);
const [what, ...more] = process.argv.slice(2);
if (
  what === undefined ||
  more.length > 0 ||
  (what.startsWith('-') && !['--mark', '--confirm'].includes(what))
) {
  refuse(USAGE);
}
const settings = readConfigOfProcess();
if (!settings.ok) refuse(settings.faults.join('\n'));
const {
  dataDir,
  redisUrl,
  databaseUrl,
  sharedStore,
  storeTag: tag,
  sessionSecrets,
  withings,
} = settings.config;
const { issuer } = withings;
const file = storeFile(dataDir);
const encryption = createEncryption(deriveKeys(findSecrets()).seal);
const now = Date.now;

try {
  if (what === '--mark') await mark();
  else if (what === '--confirm') await confirm();
  else await restore(what);
} catch (error) {
  refuse(wordsFor(error));
}

async function restore(from: string): Promise<void> {
  if (sharedStore !== null) {
    refuse(
      `This installation keeps its store in ${sharedStore}: docs/operations.md says how that is put back.`,
    );
  }
  if (!statSync(from, { throwIfNoEntry: false })?.isFile()) refuse(`There is no file ${from}.`);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const { grants, sessions, opens, kept } = await putBack(from, file, { encryption, issuer }, now());
  say(`Put back: ${grants} connections, ${sessions} browsers signed in.`);
  if (!opens)
    say('Some connections are sealed under a secret that SESSION_SECRET does not list: add that one.');
  if (kept !== null)
    say(`The store that was here is kept as ${kept}: it holds sealed tokens, remove it in the end.`);
  say(HELD);
}

async function mark(): Promise<void> {
  const store = await open(true);
  say(`Marked: ${await store.hold(now())} connections.\n${HELD}`);
  store.close();
}

async function confirm(): Promise<void> {
  const store = await open(false);
  if ((await store.heldSince()) === null) say('This store is in use already: there is nothing to confirm.');
  else {
    say(`In use. Withings is asked once about each of ${await store.release()} connections: when somebody comes, or in
the background. Whoever it was replaced for since the backup is asked to connect again.`);
  }
  store.close();
}

function open(isAlone: boolean): Promise<RestorableStore> | RestorableStore {
  if (databaseUrl !== null) return openPostgresRestored({ url: databaseUrl, tag, encryption });
  return redisUrl === null
    ? openSqliteRestored(file, { encryption, issuer }, isAlone)
    : openRedisRestored({ url: redisUrl, tag, encryption, now, issuer });
}

/** Never made here: a new one would open nothing. */
function findSecrets(): string[] {
  if (sessionSecrets.length > 0) return sessionSecrets;
  const kept = secretFile(dataDir);
  if (existsSync(kept)) return [storedSecret(dataDir)];
  return refuse(`Set SESSION_SECRET as the app had it. If it made its own, put that file back: ${kept}.`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function wordsFor(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  switch (code) {
    case 'SQLITE_BUSY':
      return `A program has ${file} open: stop every one of them.`;
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
      return `${what} is damaged, or no backup of a store: ${message}.`;
    case 'EACCES':
    case 'EPERM':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
      return `${message}. Run it as the user that the app runs as.`;
    case 'REDIS_UNAVAILABLE':
    case 'REDIS_REFUSED':
      return `REDIS_URL: ${message}. Is Redis running there, and are user and password right?`;
    case 'POSTGRES_UNAVAILABLE':
    case 'POSTGRES_REFUSED':
      return `DATABASE_URL: ${message}.`;
    default:
      return message;
  }
}

function refuse(words: string): never {
  process.stderr.write(`Nothing was changed. ${words}\n`);
  process.exit(1);
}
