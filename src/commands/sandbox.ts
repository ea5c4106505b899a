#!/usr/bin/env node
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import { readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/environment.ts';
import { SANDBOX_CLIENT } from '../config/rules.ts';
import { createLog } from '../operations/logging.ts';
import { createSandbox } from '../sandbox/sandbox.ts';
import { createHttpServer } from '../web/http-server.ts';

/** What `npm run sandbox` runs: the simulated Withings by itself, at the root of its own port. */
process.umask(0o077);
const settings = readConfig(readEnvironment());
if (!settings.ok) refuse(settings.faults.join('\n'));
const { config } = settings;
if (config.withings.clientId !== SANDBOX_CLIENT.id) {
  refuse(
    'WITHINGS_CLIENT_ID names a real application. The sandbox does not run beside real credentials: unset it first.',
  );
}

const dataDir = join(config.dataDir, '../sandbox-alone');
mkdirSync(dataDir, { recursive: true, mode: 0o700 });
const sandbox = createSandbox({
  now: Date.now,
  dataDir,
  clients: [{ ...SANDBOX_CLIENT, name: 'Your application', redirectUris: [`${config.publicUrl}/callback`] }],
});
const app = express().disable('x-powered-by').use(sandbox.router);
const log = createLog(config.logLevel, process.stdout);

const server = createHttpServer(app);
server.on('error', (error) => refuse(error.message));
server.listen(config.sandboxPort, config.host, () => {
  log.info(
    { address: `http://localhost:${config.sandboxPort}/`, client: SANDBOX_CLIENT.id },
    'sandbox ready',
  );
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    sandbox.close();
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

function refuse(words: string): never {
  process.stderr.write(`Not started. ${words}\n`);
  process.exit(1);
}
