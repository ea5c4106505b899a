import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import Database from 'libsql';
import request from 'supertest';
import { startApp } from '../support/app.ts';

test('alive whatever happens; ready while the store answers; neither tells more', async () => {
  const app = await startApp();
  const probe = async (path: string) => {
    const { status, body, headers } = await request(app.url).get(path);
    expect(headers['cache-control']).toBe('no-store');
    return [status, body];
  };
  expect(await probe('/healthz')).toEqual([200, { status: 'alive' }]);
  expect(await probe('/readyz')).toEqual([200, { status: 'ready' }]);
  const db = new Database(join(app.dataDir, 'connect.db'));
  db.exec('ALTER TABLE grants RENAME TO away');
  db.close();
  expect(await probe('/healthz')).toEqual([200, { status: 'alive' }]);
  expect(await probe('/readyz')).toEqual([503, { status: 'not ready' }]);
});
