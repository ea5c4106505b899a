import { existsSync, mkdirSync } from 'node:fs';
import { readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/environment.ts';
import { findStore } from '../config/store-address.ts';
import type { CopyableStore } from '../store/copy/contract.ts';
import { abandonCopy, copyStore } from '../store/copy/copy.ts';
import { createEncryption } from '../store/encryption.ts';
import { deriveKeys } from '../store/keys.ts';
import { schemaFor } from '../store/postgres/client.ts';
import { openPostgresCopy } from '../store/postgres/copy.ts';
import { openRedisCopy, type RedisCopyOptions } from '../store/redis/copy.ts';
import { openSqliteCopy } from '../store/sqlite/copy.ts';
import { storeFile } from '../store/sqlite/schema.ts';

const USAGE = `Usage: npm run migrate-store -- FROM TO              copies a store into an empty one, and closes it
       npm run migrate-store -- --abandon FROM TO    gives up a copy that has not ended
FROM and TO: sqlite:DIR, redis://HOST:PORT, postgres://HOST:PORT/DATABASE, or the name of a setting that holds it
(DATA_DIR, REDIS_URL, DATABASE_URL, DATABASE_URL_FILE).`;

/** What `npm run migrate-store` runs, while the app is stopped. */
process.umask(0o077);
const args = process.argv.slice(2);
const isAbandoned = args[0] === '--abandon';
const [first, second, ...more] = isAbandoned ? args.slice(1) : args;
if (first === undefined || second === undefined || more.length > 0) refuse(`It takes two stores.\n${USAGE}`);
const env = environment();
const settings = readConfig(env);
if (!settings.ok) refuse(settings.faults.join('\n'));
const { dataDir, storeTag: tag, sessionSecrets, withings, redisDurable } = settings.config;
if (sessionSecrets.length === 0) {
  refuse(
    'Set SESSION_SECRET as the app has it. If it made its own, that is in the file session-secret in DATA_DIR.',
  );
}
const encryption = createEncryption(deriveKeys(sessionSecrets).seal);
const now = Date.now; // the sandbox's clock may be ahead of it: what is over by that one is copied too, and swept there
const onLine = (line: string) => void process.stdout.write(`${line}\n`);

const [from, to] = [nameOf(first), nameOf(second)];
const source = await open(from, 'source');
const target = isAbandoned ? null : await open(to, 'target');
const parts = { source, from: from.name, to: to.name, encryption, now, onLine };
const work = target ? copyStore({ ...parts, target }) : abandonCopy(parts, () => open(to, 'target'));
await work.catch((error) => refuse(wordsFor(error, 'One of the two')));
source.close();
target?.close();

function environment() {
  try {
    return readEnvironment();
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function nameOf(argument: string) {
  try {
    return findStore(argument, env, dataDir);
  } catch (error) {
    return refuse(`${(error as Error).message}\n${USAGE}`);
  }
}

async function open({ address, name }: { address: string; name: string }, role: 'source' | 'target') {
  return openCopyable(address, {
    ...{ tag, issuer: withings.issuer, encryption, now, role },
    isVouched: redisDurable,
  }).catch((error) => refuse(wordsFor(error, name)));
}

function wordsFor(error: unknown, store: string): string {
  const { code, message } = error as { code?: string; message: string };
  switch (code) {
    case 'SQLITE_BUSY':
      return `${store}: somebody is writing to it. Stop the app.`;
    case 'SQLITE_NOTADB':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
      return `${store} is not a database that this program can write to: run it as the user that the app runs as.`;
    case 'REDIS_UNAVAILABLE':
    case 'REDIS_REFUSED':
    case 'POSTGRES_UNAVAILABLE':
    case 'POSTGRES_REFUSED':
      return `${store}: ${message}.`;
    default:
      return message;
  }
}

function refuse(words: string): never {
  process.stderr.write(`Not copied. ${words}\nNothing is lost: mend that, and run this again.\n`);
  process.exit(1);
}

/**
 * Opens a store to copy it, or to fill it.
 *
 * @param address `sqlite:DIR`, `redis://…` or `postgres://…`
 */
async function openCopyable(address: string, options: Omit<RedisCopyOptions, 'url'>): Promise<CopyableStore> {
  if (address.startsWith('redis')) return openRedisCopy({ url: address, ...options });
  if (address.startsWith('postgres')) {
    return openPostgresCopy({
      url: address,
      schema: schemaFor(options.tag),
      encryption: options.encryption,
      role: options.role,
    });
  }
  const dir = address.slice('sqlite:'.length);
  const file = storeFile(dir);
  if (options.role === 'target') mkdirSync(dir, { recursive: true, mode: 0o700 });
  else if (!existsSync(file)) throw new Error(`There is no store at ${file}.`);
  return openSqliteCopy(file, options);
}
