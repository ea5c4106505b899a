import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { atEnd, tempDir } from '../support/machine.ts';
import { until } from '../support/until.ts';

const MAIN = resolve(import.meta.dirname, '../../dist/main.js');
const PRELOAD = pathToFileURL(join(import.meta.dirname, 'kill-at.mjs')).href;

/** The built program as a process of its own. */
export interface Program {
  url: string;
  kill(signal: NodeJS.Signals): void;
  /** The signal that ended it, or its exit code. */
  ended(): Promise<string | number>;
  /** Resolves when it stands still: stopped by a signal, not ended. */
  stopped(): Promise<void>;
  output(): string;
}

export async function startProgram(env: Record<string, string>): Promise<Program> {
  const child = spawn(process.execPath, ['--import', PRELOAD, MAIN], {
    cwd: tempDir(),
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit');
  atEnd(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const output = collect(child);
  await until(() => {
    if (isOver()) throw new Error(`It ended: ${output()}`);
    return output().includes('"ready"');
  }, `ready: ${env.PORT}`);
  return {
    url: `http://127.0.0.1:${env.PORT}`,
    kill: (signal) => void child.kill(signal),
    async ended() {
      await until(isOver, `the end of ${env.PORT}`);
      return child.signalCode ?? Number(child.exitCode);
    },
    stopped: () => until(() => stateOf(child) === 'T', `a stop of ${env.PORT}`),
    output,
  };
}

function collect(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  }
  return () => output;
}

/** As `ps` shows it. */
function stateOf({ pid }: ChildProcess): string {
  return execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' })
    .trim()
    .slice(0, 1);
}
