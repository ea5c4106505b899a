import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const MAIN = resolve(import.meta.dirname, 'main.js');

/** The cells of the one table that the torture prints, by their names. */
function readTable(output: string): Record<string, number> {
  const rows = output.split('\n').filter((line) => line.startsWith('|'));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  const [names = [], , values = []] = cells;
  return Object.fromEntries(names.map((name, at) => [name, Number(values[at])]));
}

test('twelve seconds of kill -9, pauses and lost answers: no connection is lost', async () => {
  const child = spawn(process.execPath, [MAIN, '--seconds', '12', '--connections', '40'], {
    env: { PATH: process.env.PATH },
    timeout: 110_000,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, 'exit');
  const { connections, kills = 0, refreshes = 0, lost } = readTable(output);
  expect({ code, connections, lost, output: code === 0 ? '' : output }).toEqual({
    code: 0,
    connections: 40,
    lost: 0,
    output: '',
  });
  expect(kills).toBeGreaterThanOrEqual(5);
  expect(refreshes).toBeGreaterThan(0);
}, 120_000);
