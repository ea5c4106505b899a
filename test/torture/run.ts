import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const MAIN = resolve(import.meta.dirname, 'main.js');

/** Runs the torture and reads what it prints. `output` only where something went wrong. */
export async function runTorture(args: string[]) {
  const { PATH, REDIS_SERVER } = process.env;
  const env = { PATH, ...(REDIS_SERVER ? { REDIS_SERVER } : {}) };
  const child = spawn(process.execPath, [MAIN, ...args], { env, timeout: 110_000 });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, 'exit');
  return { code, cells: readTable(output), output: code === 0 ? '' : output };
}

/** The cells of the one table that the torture prints, by their names. */
function readTable(output: string): Record<string, number> {
  const rows = output.split('\n').filter((line) => line.startsWith('|'));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  const [names = [], , values = []] = cells;
  return Object.fromEntries(names.map((name, at) => [name, Number(values[at])]));
}
