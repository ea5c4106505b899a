import { expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/operations/logging.ts';
import { startServer } from '../../src/server/lifecycle.ts';
import { door } from '../support/door.ts';
import { atEnd, freePort, tempDir } from '../support/machine.ts';

test('on its way out it says so for SHUTDOWN_DELAY_SECONDS, and serves until they are over', async () => {
  const port = String(await freePort());
  const settings = readConfig({
    HOST: '127.0.0.1',
    PORT: port,
    DATA_DIR: tempDir(),
    SHUTDOWN_DELAY_SECONDS: '7',
  });
  if (!settings.ok) throw new Error(settings.faults.join());
  const delay = door();
  const clocks = {
    now: Date.now,
    monotonic: () => performance.now(),
    sleep: (ms: number) => (ms === 7000 ? delay.opened : Promise.resolve()),
  };
  const server = await startServer(settings.config, clocks, createLog('silent', process.stdout));
  let stopped: Promise<void> | undefined;
  atEnd(() => {
    delay.open();
    return stopped ?? server.stop();
  });
  const ask = async (path: string) => {
    const { status, headers } = await fetch(`http://127.0.0.1:${port}${path}`);
    return [status, headers.get('connection')];
  };
  expect(await ask('/readyz')).toEqual([200, 'keep-alive']);

  stopped = server.stop();
  expect(await ask('/readyz')).toEqual([503, 'close']);
  expect(await ask('/')).toEqual([200, 'close']);

  delay.open();
  await stopped;
  await expect(ask('/readyz')).rejects.toThrow('fetch failed');
});
