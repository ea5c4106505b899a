import { readConfig } from './config/config.ts';
import { readEnvironment } from './config/environment.ts';
import { greeting } from './operations/greeting.ts';
import { catchTheRest } from './operations/last-resort.ts';
import { createLog, describe } from './operations/logging.ts';
import { startServer } from './server/lifecycle.ts';
import { clocks } from './time/clocks.ts';

process.on('SIGUSR1', () => {}); // Node would open its debugger to the machine
process.umask(0o077); // what this process writes is its owner's alone

const settings = readConfig(readEnvironment());
if (!settings.ok) {
  process.stderr.write(
    `Not started. These settings need attention:\n${settings.faults.map((fault) => `  - ${fault}\n`).join('')}`,
  );
  process.exit(1);
}
const { config } = settings;
const log = createLog(config.logLevel, process.stdout);

try {
  const server = await startServer(config, clocks, log);
  const { publicUrl, redisUrl, dataDir, withings } = config;
  if (process.stdout.isTTY) {
    const store = redisUrl === null ? dataDir : 'in Redis';
    process.stdout.write(greeting({ publicUrl, isSandbox: withings.sandbox, store }));
  } else log.info({ address: publicUrl, withings: withings.issuer }, 'ready');
  const end = (code: number) => {
    server.stop().then(
      () => process.exit(code),
      (error) => {
        log.error({ error: describe(error) }, 'not stopped in order');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'stopping');
      process.once(signal, () => process.exit(1)); // asked twice: at once
      end(0);
    });
  }
  catchTheRest(log, () => end(1));
} catch (error) {
  process.stderr.write(`Not started. ${wordsFor(error)}\n`);
  process.exit(1);
}

function wordsFor(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${config.port} is taken: stop the program that has it, or set PORT to another one.`;
    case 'EACCES':
    case 'EADDRNOTAVAIL':
      return `No access to ${config.host} port ${config.port}, or to DATA_DIR (${config.dataDir}): ${message}`;
    case 'EPERM':
    case 'EROFS':
    case 'EEXIST':
    case 'ENOENT':
    case 'ENOTDIR':
    case 'SQLITE_CANTOPEN':
      return `DATA_DIR (${config.dataDir}) is not a folder that this program can write in: ${message}`;
    case 'REDIS_UNFIT':
      return `${message}`;
    case 'REDIS_UNAVAILABLE':
    case 'REDIS_REFUSED':
      return `REDIS_URL: ${message}. Is Redis running there, and are user and password right?`;
    case 'SQLITE_NOTADB':
      return `A file in DATA_DIR (${config.dataDir}) is not a database of ours. Move it away, or point DATA_DIR elsewhere.`;
    default:
      return message ?? 'For an unknown reason.';
  }
}
