import { readConfigOfProcess } from './config/config.ts';
import { greeting } from './operations/greeting.ts';
import { catchTheRest } from './operations/last-resort.ts';
import { createLog, describe } from './operations/logging.ts';
import { whyNotStarted } from './operations/not-started.ts';
import { startServer } from './server/lifecycle.ts';
import { clocks } from './time/clocks.ts';

process.on('SIGUSR1', () => {}); // Node would open its debugger to the machine
process.umask(0o077); // what this process writes is its owner's alone

const settings = readConfigOfProcess();
if (!settings.ok) {
  process.stderr.write(
    `Not started. These settings need attention:\n${settings.faults.map((fault) => `  - ${fault}\n`).join('')}`,
  );
  process.exit(1);
}
const { config } = settings;
const log = createLog(config.logLevel, process.stdout);
for (const warning of settings.warnings) log.warn(warning);

try {
  const server = await startServer(config, clocks, log);
  const { publicUrl, sharedStore, dataDir, withings } = config;
  if (process.stdout.isTTY) {
    const store = sharedStore === null ? dataDir : `in ${sharedStore}`;
    process.stdout.write(greeting({ publicUrl, isSandbox: withings.sandbox, store }));
  } else
    log.info(
      {
        address: publicUrl,
        withings: withings.issuer,
        callback: withings.redirectUri,
        proxy: withings.proxy?.host,
      },
      'ready',
    );
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
  process.stderr.write(`Not started. ${whyNotStarted(error, config)}\n`);
  process.exit(1);
}
