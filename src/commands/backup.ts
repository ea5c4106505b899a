import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readConfigOfProcess } from '../config/config.ts';
import { secretFile } from '../store/keys.ts';
import { backUp } from '../store/sqlite/backup.ts';
import { storeFile } from '../store/sqlite/schema.ts';

const USAGE = 'Usage: npm run backup -- FILE    writes the embedded store to a new file, while the app runs';

/** What `npm run backup` runs. */
const [to, ...more] = process.argv.slice(2);
if (!to || to.startsWith('-') || more.length > 0) refuse(USAGE);
const settings = readConfigOfProcess();
if (!settings.ok) refuse(settings.faults.join('\n'));
const { dataDir, sharedStore, sessionSecrets } = settings.config;
if (sharedStore !== null) {
  refuse(
    `This installation keeps its store in ${sharedStore}: docs/operations.md says how that is backed up.`,
  );
}
const file = storeFile(dataDir);
if (!existsSync(file)) refuse(`There is no store at ${file}.`);
try {
  backUp(file, to);
} catch (error) {
  refuse(wordsFor(error, to));
}
const secret = sessionSecrets.length > 0 ? 'SESSION_SECRET' : `the file ${secretFile(dataDir)}`;
process.stdout.write(`Backed up to ${resolve(to)}.
What is sealed in it opens only with the secret that the app has now: keep ${secret} as well, and apart from it.\n`);

function wordsFor(error: unknown, to: string): string {
  const { code, message } = error as { code?: string; message: string };
  switch (code) {
    case 'EEXIST':
      return `${to} is there already, or a draft of it: nothing is overwritten.`;
    case 'ENOENT':
    case 'ENOTDIR':
      return `There is no folder ${dirname(resolve(to))}.`;
    case 'SQLITE_FULL':
    case 'ENOSPC':
      return `There is no room for ${to}.`;
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
      return `${file} is damaged: ${message}. Keep the backups that you have.`;
    default:
      return message;
  }
}

function refuse(words: string): never {
  process.stderr.write(`Not backed up. ${words}\n`);
  process.exit(1);
}
