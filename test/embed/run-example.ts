import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createSandbox, type RunningSandbox } from '../../src/sandbox/create.ts';
import { atEnd, freePort, tempDir } from '../support/machine.ts';
import { SECRET } from './host.ts';

export interface Place {
  url: string;
  sandbox: RunningSandbox;
  /** What an example is told by its environment. */
  env: NodeJS.ProcessEnv;
}

/** A Withings that is up, and a free port and a store for an application. */
export async function newPlace(): Promise<Place> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const sandbox = await createSandbox({ redirectUris: [`${url}/withings/callback`] });
  atEnd(sandbox.close);
  return {
    url,
    sandbox,
    env: {
      PATH: process.env.PATH,
      APP_URL: url,
      APP_SECRET: SECRET,
      STORE: `sqlite:${tempDir()}`,
      PORT: String(port),
      WITHINGS_CLIENT_ID: sandbox.client.id,
      WITHINGS_CLIENT_SECRET: sandbox.client.secret,
      WITHINGS_API_URL: sandbox.url,
    },
  };
}

/** Starts a program of its own. @param file absolute */
export function launch(file: string, env: NodeJS.ProcessEnv, cwd = tempDir()) {
  const child = spawn(process.execPath, [file], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  atEnd(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    hasBegun: Promise.race([once(child.stdout, 'data'), ended]),
    said: () => said,
    ended,
    /** @returns the exit status */
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** The same, and waits for its first words. */
export async function start(...program: Parameters<typeof launch>) {
  const started = launch(...program);
  await started.hasBegun;
  return started;
}
