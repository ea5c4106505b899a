import { expect, test } from '@jest/globals';
import { runTorture } from './run.ts';

test('twelve seconds of kill -9, pauses and lost answers: no connection is lost', async () => {
  const { code, cells, output } = await runTorture(['--minutes', '0.2', '--connections', '40']);
  const { connections, kills = 0, refreshes = 0, lost } = cells;
  expect({ code, connections, lost, output }).toEqual({ code: 0, connections: 40, lost: 0, output: '' });
  expect(kills).toBeGreaterThan(0);
  expect(refreshes).toBeGreaterThan(0);
}, 120_000);
