import { expect, jest, test } from '@jest/globals';
import { install } from '../doctor/installation.ts';
import { startPostgres, withOperator } from './server.ts';

jest.setTimeout(120_000);

test('a PostgreSQL that is sound, that does not wait for its disk, that refuses us, that is gone', async () => {
  const cluster = await startPostgres();
  const url = cluster.url();
  const whole = await install({ DATABASE_URL: url });
  const sound = await whole.examine();
  expect([sound.code, sound.fails('store')]).toEqual([0, '']);
  expect(sound.well('store')).toContain('every change is on disk before it is used');
  expect(sound.well('store')).toContain('SESSION_SECRET opens it');
  expect(sound.well('store') + sound.warns('store')).toMatch(/It took a row and let it go again in \d+ ms/);
  expect(sound.well('custody')).toContain('0 connections');
  expect(sound.well('quota')).toContain('0 calls');
  await withOperator(url, async (client) => {
    const { rows } = await client.query("SELECT id FROM withings_connect.attempts WHERE id = 'doctor'");
    expect(rows).toEqual([]);
    await client.query('ALTER SYSTEM SET fsync = off');
    await client.query('SELECT pg_reload_conf()');
  });
  const lax = await whole.examine();
  expect([lax.code, lax.fails('store')]).toEqual([1, expect.stringContaining('fsync = off')]);

  const nameless = Object.assign(new URL(url), { pathname: '/nothing' }).href;
  expect((await whole.examine({ DATABASE_URL: nameless })).fails('store')).toContain(
    'no database of that name',
  );
  await cluster.kill();
  const gone = await whole.examine();
  expect([gone.code, gone.fails('store')]).toEqual([1, expect.stringContaining('DATABASE_URL: ')]);
});

test('before the first start nothing is made', async () => {
  const cluster = await startPostgres();
  const whole = await install();
  const found = await whole.examine({ DATABASE_URL: cluster.url() });
  expect(found.well('store')).toContain('There is no store yet');
  await withOperator(cluster.url(), async (client) => {
    const { rows } = await client.query("SELECT 1 FROM pg_namespace WHERE nspname = 'withings_connect'");
    expect(rows).toEqual([]);
  });
});
