#!/usr/bin/env node
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

  --port N      where it listens (SANDBOX_PORT)
  --seed FILE   who lives there: a JSON list such as [{ "name": "Ana", "timezone": "Europe/Lisbon" }]

  It keeps its state in ./data (DATA_DIR).
`;

/** What `npm run sandbox` and `npx withings-sandbox` run: the simulated Withings by itself. */
process.umask(0o077);
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
log.info({ address: url, client: CLIENT.id, secret: CLIENT.secret }, 'sandbox ready');
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => close().then(() => process.exit(0)));
}
catchTheRest(log, () => void close().then(() => process.exit(1)));

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
