import { expect, test } from '@jest/globals';
import { runTorture } from '../torture/run.ts';

test('twenty seconds of kill -9, of the primary too, crashes and a fail-over: no connection is lost', async () => {
  const args = ['--minutes', '0.35', '--connections', '40', '--store', 'postgres'];
  const { code, cells, output } = await runTorture(args);
  const { connections = 0, kills = 0, refreshes = 0, lost } = cells;
  expect({ code, lost, output }).toEqual({ code: 0, lost: 0, output: '' });
  expect(connections).toBeGreaterThan(40); // the presser's and the pipeliner's too
  expect(kills).toBeGreaterThan(0);
  expect(cells['postgres kills']).toBeGreaterThanOrEqual(1);
  expect(cells['fail-overs']).toBeGreaterThanOrEqual(1);
  expect(refreshes).toBeGreaterThan(0);
}, 120_000);
