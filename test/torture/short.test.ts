import { expect, test } from '@jest/globals';
import { runTorture } from './run.ts';

test('twelve seconds of kill -9, pauses and lost answers: no connection is lost', async () => {
  const { code, cells, output } = await runTorture(['--minutes', '0.2', '--connections', '40']);
  const { connections = 0, kills = 0, refreshes = 0, lost } = cells;
  expect({ code, lost, output }).toEqual({ code: 0, lost: 0, output: '' });
  expect(connections).toBeGreaterThan(40); // the presser's and the pipeliner's too
  expect(kills).toBeGreaterThan(0);
  expect(refreshes).toBeGreaterThan(0);
}, 120_000);
