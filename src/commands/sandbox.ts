#!/usr/bin/env node
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readEnvironment } from '../config/environment.ts';
import { withoutServiceLinks, withSecretFiles } from '../config/written.ts';
import { catchTheRest } from '../operations/last-resort.ts';
import { createLog } from '../operations/logging.ts';
import { CLIENT, readSandboxSettings } from '../sandbox/settings.ts';
import { startSandbox } from '../sandbox/start.ts';

const USAGE = `withings-sandbox [--port N] [--seed FILE]

  A simulated Withings at http://localhost:N/ (4000), with invented people, a clock that moves and faults to switch on.
  Point your client's authorize page and API base at it; its id is ${CLIENT.id}, its secret ${CLIENT.secret}.

  --port N      where it listens (SANDBOX_PORT), on this machine alone unless HOST says another address
  --seed FILE   who lives there: a JSON list such as [{ "name": "Ana", "timezone": "Europe/Lisbon" }]

  It keeps its state in ./data (DATA_DIR), and there is a page to look on and to make things happen.
`;

/** What `npm run sandbox` and `npx withings-sandbox` run: the simulated Withings by itself. */
process.umask(0o077);
const shell = process.ppid; // before it can be gone
const { port, seed, help } = options();
if (help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const meant = withoutServiceLinks(environment(), ['SANDBOX_PORT']);
const { env, faults } = withSecretFiles({ ...meant.env, ...(port ? { SANDBOX_PORT: port } : {}) }, [
  'WITHINGS_CLIENT_SECRET',
]);
const read = readSandboxSettings(env);
if (!read.ok || faults.length > 0) refuse([...faults, ...(read.ok ? [] : read.faults)].join('\n'));
const { settings } = read;

const { url, close } = await startSandbox(settings, seed).catch((error) => refuse(error.message));
const log = createLog(settings.LOG_LEVEL, process.stdout);
for (const warning of meant.warnings) log.warn(warning);
log.info({ address: url, client: CLIENT.id }, 'sandbox ready');
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => close().then(() => process.exit(0)));
}
catchTheRest(log, () => void close().then(() => process.exit(1)));
if (env.npm_lifecycle_event) endWithItsShell();

function options() {
  const known = {
    port: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ options: known }).values;
  } catch (error) {
    return refuse(`${(error as Error).message}\n\n${USAGE}`);
  }
}

/** A `.env` in another folder belongs to the program that is tried against this one. */
function environment() {
  const isOurs = process.cwd() === resolve(import.meta.dirname, '../..');
  try {
    return readEnvironment(isOurs ? '.env' : '');
  } catch (error) {
    return refuse((error as Error).message);
  }
}

/** npm and npx hand a signal to their shell, and many shells do not hand it on. */
function endWithItsShell() {
  setInterval(() => {
    if (process.ppid !== shell) void close().then(() => process.exit(0));
  }, 250).unref();
}

function refuse(words: string): never {
  process.stderr.write(`Not started. ${words}\n`);
  process.exit(1);
}
