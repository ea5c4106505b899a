import { join } from 'node:path';
import { readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/environment.ts';
import { createEncryption } from '../store/encryption.ts';
import { deriveKeys } from '../store/keys.ts';
import { moveStore } from '../store/moving/move.ts';

/** What `npm run migrate-store` runs: moves the embedded store into Redis, while the app is stopped. */
process.umask(0o077);
const settings = readConfig(readEnvironment());
if (!settings.ok) refuse(settings.faults.join('\n'));
const { config } = settings;
const { redisUrl: url } = config;
if (url === null) refuse('REDIS_URL says where to move the store: set it, and SESSION_SECRET.');
const file = join(config.dataDir, 'connect.db');

try {
  await moveStore({
    file,
    url,
    tag: config.redisTag,
    encryption: createEncryption(deriveKeys(config.sessionSecrets).seal),
    now: Date.now, // the sandbox's clock may be ahead of it: what is over by that one is moved too, and swept there
    tell: (line) => void process.stdout.write(`${line}\n`),
  });
} catch (error) {
  refuse(wordsFor(error));
}

function wordsFor(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  switch (code) {
    case 'SQLITE_BUSY':
      return `Somebody is writing to ${file}: stop the app, and wait for any other move to end.`;
    case 'SQLITE_NOTADB':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
      return `${file} is not a database that this program can write to: run it as the user that the app runs as.`;
    case 'REDIS_UNAVAILABLE':
    case 'REDIS_REFUSED':
      return `REDIS_URL: ${message}. Is Redis running there, has it memory left, and are user and password right?`;
    default:
      return message ?? 'For an unknown reason.';
  }
}

function refuse(words: string): never {
  process.stderr.write(`Not moved. ${words}\nNothing is lost: mend that, and run this again.\n`);
  process.exit(1);
}
