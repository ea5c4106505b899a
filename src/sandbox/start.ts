import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createSandbox, type RunningSandbox } from './create.ts';
import type { SandboxSettings } from './settings.ts';

/**
 * The sandbox by itself, at the root of a port of its own, on a file that it finds again.
 *
 * @param people a JSON file with who lives there
 * @throws Error when the port is taken, the folder cannot be written to or the file not be read
 */
export function startSandbox(settings: SandboxSettings, people?: string): Promise<RunningSandbox> {
  const { SANDBOX_PORT: port, HOST: host, PORT, PUBLIC_URL = `http://localhost:${PORT}` } = settings;
  const { SANDBOX_CALLBACK_HOSTS: callbackHosts = [new URL(PUBLIC_URL).hostname] } = settings;
  const dataDir = join(settings.DATA_DIR, 'sandbox-alone');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const redirectUris = [`${new URL(PUBLIC_URL).origin}/callback`];
  return createSandbox({ dataDir, port, host, callbackHosts, redirectUris, ...(people ? { people } : {}) });
}
