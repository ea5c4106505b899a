import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import express from 'express';
import { createSandbox } from './sandbox.ts';
import { CLIENT, type SandboxSettings } from './settings.ts';

export interface RunningSandbox {
  address: string;
  /** Cuts off what is under way and closes the file. */
  close(): Promise<void>;
}

/**
 * The sandbox by itself, at the root of a port of its own.
 *
 * @param now milliseconds since 1970, the real clock
 * @throws Error when the port is taken or the folder cannot be written to
 */
export async function startSandbox(settings: SandboxSettings, now: () => number): Promise<RunningSandbox> {
  const { SANDBOX_PORT, HOST, PORT, PUBLIC_URL = `http://localhost:${PORT}` } = settings;
  const { SANDBOX_CALLBACK_HOSTS: callbackHosts = [new URL(PUBLIC_URL).hostname] } = settings;
  const dataDir = join(settings.DATA_DIR, 'sandbox-alone');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const redirectUris = [`${new URL(PUBLIC_URL).origin}/callback`];
  const sandbox = createSandbox({ now, dataDir, clients: [{ ...CLIENT, redirectUris }], callbackHosts });
  const server = createServer(express().disable('x-powered-by').use(sandbox.router));
  server.listen(SANDBOX_PORT, HOST);
  await once(server, 'listening');
  return {
    address: `http://localhost:${SANDBOX_PORT}/`,
    async close() {
      sandbox.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
