#!/usr/bin/env node
import { readEnvironment } from '../config/environment.ts';
import { withoutServiceLinks, withSecretFiles } from '../config/written.ts';
import { catchTheRest } from '../operations/last-resort.ts';
import { createLog } from '../operations/logging.ts';
import { CLIENT, readSandboxSettings } from '../sandbox/settings.ts';
import { startSandbox } from '../sandbox/start.ts';

/** What `npm run sandbox` runs: the simulated Withings by itself. */
process.umask(0o077);
const meant = withoutServiceLinks(environment(), ['SANDBOX_PORT']);
const { env, faults } = withSecretFiles(meant.env, ['WITHINGS_CLIENT_SECRET']);
const read = readSandboxSettings(env);
if (!read.ok || faults.length > 0) refuse([...faults, ...(read.ok ? [] : read.faults)].join('\n'));
const { settings } = read;

const { address, close } = await startSandbox(settings, Date.now).catch((error) => refuse(error.message));
const log = createLog(settings.LOG_LEVEL, process.stdout);
for (const warning of meant.warnings) log.warn(warning);
log.info({ address, client: CLIENT.id }, 'sandbox ready');
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => close().then(() => process.exit(0)));
}
catchTheRest(log, () => void close().then(() => process.exit(1)));

function environment() {
  try {
    return readEnvironment();
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function refuse(words: string): never {
  process.stderr.write(`Not started. ${words}\n`);
  process.exit(1);
}
