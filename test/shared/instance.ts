import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { atEnd, tempDir } from '../support/machine.ts';

const MAIN = resolve(import.meta.dirname, '../../dist/main.js');

/** The built program as a process of its own, in an empty folder. */
export interface Instance {
  url: string;
  /** SIGTERM; resolves to its exit code, or the signal that ended it. */
  stop(): Promise<number | string>;
  output(): string;
}

/** Starts it and resolves when it says that it is ready; rejects with its last words when it ends before. */
export async function startInstance(env: Record<string, string>, main = MAIN): Promise<Instance> {
  const child = spawn(process.execPath, [main], {
    cwd: tempDir(),
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', ...env },
  });
  let output = '';
  const isReady = new Promise<void>((settle) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        if (output.includes('"ready"')) settle();
      });
    }
  });
  const exit = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  atEnd(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  const tooEarly = exit.then((code) => {
    throw new Error(`It ended with ${code}: ${output}`);
  });
  await Promise.race([isReady, tooEarly]);
  tooEarly.catch(() => {});
  return {
    url: `http://127.0.0.1:${env.PORT}`,
    stop() {
      child.kill('SIGTERM');
      return exit;
    },
    output: () => output,
  };
}
