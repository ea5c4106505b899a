import { expect, test } from '@jest/globals';
import { runTorture } from '../torture/run.ts';

test('fifteen seconds of kill -9, of redis-server too, pauses and lost answers: no connection is lost', async () => {
  const args = ['--minutes', '0.25', '--connections', '40', '--store', 'redis', '--redis', 'always'];
  const { code, cells, output } = await runTorture(args);
  const { connections = 0, kills = 0, refreshes = 0, lost } = cells;
  expect({ code, lost, output }).toEqual({ code: 0, lost: 0, output: '' });
  expect(connections).toBeGreaterThan(40); // the presser's and the pipeliner's too
  expect(kills).toBeGreaterThan(0);
  expect(cells['redis kills']).toBeGreaterThanOrEqual(1);
  expect(refreshes).toBeGreaterThan(0);
}, 120_000);

test('nine seconds of fail-overs in order: no connection is lost', async () => {
  const strikes = ['--strikes', 'fail-overs', '--hostile', 'off'];
  const args = ['--minutes', '0.15', '--connections', '40', '--store', 'redis', ...strikes];
  const { code, cells, output } = await runTorture(args);
  expect({ code, lost: cells.lost, output }).toEqual({ code: 0, lost: 0, output: '' });
  expect(cells['fail-overs']).toBeGreaterThanOrEqual(1);
}, 120_000);
