import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../commands/programs.ts';
import { tempDir } from '../support/machine.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';
import { startRedis } from './server.ts';

const HOUR = 3_600_000;

const connection = async (visitor: Visitor) => (await visitor.json('/api/connection')).body;

test('put back with tools of its own, marked, confirmed: whose tokens were replaced is told, the others go on', async () => {
  const redis = await startRedis();
  const { app, withings } = await startFarApart({ REDIS_URL: redis.url });
  const [ann, demo] = [visit(app), visit(app)];
  await ann.connect();
  await demo.connect('/connect?mode=demo');
  const backup = join(tempDir(), 'appendonlydir');
  cpSync(join(redis.dir, 'appendonlydir'), backup, { recursive: true }); // every write is on the disk

  for (let times = 0; times < 2; times += 1) {
    app.clock.now += HOUR;
    await ann.post('/refresh');
    expect((await ann.json('/api/measures')).status).toBe(200);
  }
  const restore = (what: string) => run('restore', [what], { ...withings.env, REDIS_URL: redis.url });
  expect(await restore('--mark')).toMatchObject({
    code: 1,
    output: expect.stringContaining('1 programs have'),
  });
  await app.stop();
  await redis.kill();
  rmSync(join(redis.dir, 'appendonlydir'), { recursive: true });
  cpSync(backup, join(redis.dir, 'appendonlydir'), { recursive: true });
  await redis.start();

  expect(await restore('--mark')).toMatchObject({
    code: 0,
    output: expect.stringContaining('Marked: 2 connections'),
  });
  const there = await app.restart();
  expect((await ann.get('/dashboard')).status).toBe(503);
  await there.sweep();
  expect(await restore('--confirm')).toMatchObject({ code: 0, output: expect.stringContaining('In use') });
  expect((await ann.get('/dashboard')).text).toContain('Please connect again');
  expect((await connection(ann)).problem.code).toBe('lost-by-restore');
  await there.sweep();
  expect(await connection(demo)).toMatchObject({ state: 'connected', lastRefresh: { outcome: 'refreshed' } });
  there.clock.now += 60_000;
  await ann.connect();
  expect((await ann.json('/api/measures')).status).toBe(200);
});

test('a Redis that holds nothing of ours is not marked', async () => {
  const { url } = await startRedis();
  const env = { SESSION_SECRET: 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT', REDIS_URL: url };
  const { code, output } = await run('restore', ['--mark'], env);
  expect([code, output]).toEqual([1, expect.stringContaining('no store of ours')]);
});
