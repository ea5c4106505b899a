import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { visit } from '../support/visitor.ts';

/** From now on sessions cannot be written. */
function fillDisk(app: TestApp, what: 'INSERT' | 'UPDATE'): void {
  const disk = openDatabase(join(app.dataDir, 'connect.db'), 'NORMAL');
  disk.exec(`CREATE TRIGGER full BEFORE ${what} ON sessions BEGIN SELECT RAISE(FAIL, 'disk full'); END`);
  disk.close();
}

test('whoever was about to connect is not called connected, and tries that again', async () => {
  const app = await startApp({ SWEEP_SECONDS: '3600', REDIS_URL: '', DATABASE_URL: '' });
  const visitor = visit(app);
  const callback = await visitor.consent(
    await visitor.begin('/connect?return_to=%2Fdashboard%3Fdays%3D7'),
    'Allow',
  );
  fillDisk(app, 'INSERT');
  const page = await visitor.get(callback);
  expect(page.status).toBe(503);
  expect(page.text).toContain('You may not be connected yet.');
  expect(page.text).toContain('href="/connect?return_to=%2Fdashboard%3Fdays%3D7">Try again</a>');
});

test('units that cannot be stored are not said to be', async () => {
  const app = await startApp({ SWEEP_SECONDS: '3600', REDIS_URL: '', DATABASE_URL: '' });
  const visitor = visit(app);
  await visitor.connect();
  fillDisk(app, 'UPDATE');
  expect((await visitor.post('/preferences', { mass: 'st' })).status).toBe(503);
});
