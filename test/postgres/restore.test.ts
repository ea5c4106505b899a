import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { connection, refreshTwice, stopped, town } from '../commands/town.ts';
import { tempDir } from '../support/machine.ts';
import { isInstalled, run } from './cluster.js';
import { startPostgres } from './server.ts';

const withTools = isInstalled('pg_dump') && isInstalled('pg_restore') ? test : test.skip;

withTools('what pg_dump saved and pg_restore put back is marked, held, and asked about', async () => {
  const { user, ...cluster } = await startPostgres();
  const dir = tempDir();
  chmodSync(dir, 0o777);
  const dump = join(dir, 'dump');
  const all = await town({
    DATABASE_URL: cluster.url(),
    SESSION_SECRET: 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ',
    TEST_STORE_TAG: 'withings-connect', // as the commands call it
  });
  run('pg_dump', ['--format=custom', '--file', dump, cluster.url()], user); // while the app runs
  await refreshTwice(all.app, all.ann);
  await stopped(all.app);
  run('pg_restore', ['--clean', '--if-exists', '--dbname', cluster.url(), dump], user);

  const marked = await all.restore('--mark');
  expect([marked.code, marked.output]).toEqual([0, expect.stringContaining('Marked: 2 connections')]);
  const there = await all.app.restart();
  const before = await all.calls();
  expect((await all.ann.get('/dashboard')).status).toBe(503);
  await there.sweep();
  expect(await all.calls()).toEqual(before); // another copy may be in use
  expect((await all.restore('--confirm')).code).toBe(0);
  await there.sweep();
  expect((await connection(all.ann)).problem.code).toBe('lost-by-restore');
  expect((await all.bob.json('/api/measures')).status).toBe(200);
});
