import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { tempDir } from '../support/machine.ts';

/** One of the built programs of `dist/commands`, from start to end. @param cwd where it looks for a `.env` */
export async function run(
  name: string,
  args: string[],
  env: Record<string, string>,
  cwd = tempDir(),
): Promise<{ code: number; output: string }> {
  const program = resolve(import.meta.dirname, `../../dist/commands/${name}.js`);
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { code, output };
}
