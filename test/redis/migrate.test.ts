import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { inRedis, startApp, type TestApp } from '../support/app.ts';
import { tempDir } from '../support/machine.ts';
import { REFRESH, sandboxOf } from '../support/sandbox.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { crowd, fileOf, migrated, operator, SECRET, startEmbedded, startMigration } from './migration.ts';
import { DURABLE, startRedis } from './server.ts';

const HOUR = 3_600_000;

async function newRedis(): Promise<string> {
  return String((await inRedis()).REDIS_URL);
}

const connection = async (visitor: Visitor) => (await visitor.json('/api/connection')).body;
const states = (visitors: Visitor[]) =>
  Promise.all(visitors.map(async (visitor) => (await connection(visitor)).state));

/** A person in two browsers, and Withings' demo user in a third. */
async function town() {
  const app = await startEmbedded();
  const [first, second, demo] = [visit(app), visit(app), visit(app)];
  await first.connect();
  await second.connect();
  await demo.connect('/connect?mode=demo');
  return { app, first, second, demo, withings: sandboxOf(app) };
}

/** What somebody is answered who comes back from Withings with a consent. */
async function arrival(app: TestApp): Promise<number> {
  const stranger = visit(app);
  return (await stranger.get(await stranger.consent(await stranger.begin(), 'Allow'))).status;
}

/** The same app, on Redis from now on. */
const onRedis = (app: TestApp, url: string) => app.restart({ REDIS_URL: url, SESSION_SECRET: SECRET });

test('every browser stays connected, an open attempt can be finished, an open refresh is swept', async () => {
  const { app, first, second, demo, withings } = await town();
  await withings.fault('lose-reply', { on: 'requesttoken' });
  app.clock.now += 3 * HOUR - 300_000;
  await demo.json('/api/measures');
  await app.settled();
  expect(await connection(demo)).toMatchObject({ state: 'degraded' });
  const stranger = visit(app);
  const consented = await stranger.consent(await stranger.begin(), 'Allow');
  await app.stop();

  const url = await newRedis();
  const output = await migrated(app, url);
  expect(output).toContain('Copied: 2 connections, 3 browsers signed in.');
  expect(output).toContain('start the app on REDIS_URL. DATA_DIR is closed for good');
  expect(output).not.toContain('does not say');

  const after = await onRedis(app, url);
  expect(await states([first, second, demo])).toEqual(['connected', 'connected', 'degraded']);
  expect((await connection(demo)).demo).toBe(true);
  expect((await stranger.get(consented)).headers.location).toBe('/dashboard');
  after.clock.now += 60_000;
  const refreshes = await withings.calls(REFRESH);
  await after.sweep();
  await after.settled();
  expect(await withings.calls(REFRESH)).toBe(refreshes + 1);
  expect(await connection(demo)).toMatchObject({ state: 'connected', problem: null });
  for (const visitor of [first, second, demo, stranger]) {
    expect((await visitor.post('/refresh')).headers.location).toBe('/dashboard');
    after.clock.now += 60_000;
  }
  await second.post('/logout');
  expect(await states([first, second])).toEqual(['connected', 'not-connected']);
});

test('and back again: what was refreshed there is what is used here', async () => {
  const { app, first, second, demo, withings } = await town();
  await app.stop();
  const url = await newRedis();
  await migrated(app, url);
  const there = await onRedis(app, url);
  there.clock.now += 2 * HOUR;
  await first.post('/refresh');
  await first.json('/api/measures');
  await second.post('/logout');
  await there.stop();

  const dir = tempDir();
  await migrated(app, url, { args: ['REDIS_URL', `sqlite:${dir}`] });
  await expect(onRedis(app, url)).rejects.toThrow(`was copied to sqlite:${dir}`);
  rmSync(join(app.dataDir, 'connect.db'));
  renameSync(join(dir, 'connect.db'), join(app.dataDir, 'connect.db'));
  const again = await app.restart();
  expect(await states([first, second, demo])).toEqual(['connected', 'not-connected', 'connected']);
  again.clock.now += 2 * HOUR;
  const refreshes = await withings.calls(REFRESH);
  await first.post('/refresh');
  expect(await withings.calls(REFRESH)).toBe(refreshes + 1);
  expect(await connection(first)).toMatchObject({ state: 'connected', problem: null });
});

test('the old file is refused at start, and there is nothing left to do for another run', async () => {
  const { app } = await town();
  await app.stop();
  const url = await newRedis();
  await migrated(app, url);
  await expect(app.restart()).rejects.toThrow(
    /was copied to REDIS_URL on \d{4}-\d\d-\d\d: start the app on that/,
  );
  expect(await migrated(app, url)).toContain('start the app on REDIS_URL');
});

test('an app that runs meanwhile says that its store is away, and asks Withings for nothing, then or later', async () => {
  const { app, first, withings } = await town();
  crowd(app, 20_000);
  const url = await newRedis();
  const migration = startMigration(app, url);
  await migration.says('records copied');
  migration.kill('SIGSTOP'); // it stands in the middle of its way
  const during = await first.post('/refresh');
  expect([during.status, during.text]).toEqual([503, expect.stringContaining('store-unavailable')]);
  expect(app.logs()).toContain('This store takes no writes: it is being copied, or was');
  migration.kill('SIGCONT');
  expect((await migration.ended).code).toBe(0);

  const later = await first.post('/refresh');
  expect([later.status, later.text]).toEqual([503, expect.stringContaining('store-unavailable')]);
  expect(await arrival(app)).toBe(503);
  expect(await withings.calls(REFRESH)).toBe(0);
  await onRedis(app, url);
  expect((await first.post('/refresh')).headers.location).toBe('/dashboard');
});

describe('killed half way', () => {
  async function killed() {
    const all = await town();
    crowd(all.app, 20_000);
    await all.app.stop();
    const url = await newRedis();
    const migration = startMigration(all.app, url);
    await migration.says('records copied');
    migration.kill('SIGKILL');
    expect((await migration.ended).code).toBe('SIGKILL');
    await expect(onRedis(all.app, url)).rejects.toThrow('npm run migrate-store -- DATA_DIR REDIS_URL');
    await expect(all.app.restart()).rejects.toThrow('npm run migrate-store -- --abandon DATA_DIR REDIS_URL');
    return { ...all, url };
  }

  test('the next run brings everything', async () => {
    const { app, first, second, demo, url } = await killed();
    expect(await migrated(app, url)).toContain('20,003 browsers');
    await onRedis(app, url);
    expect(await states([first, second, demo])).toEqual(['connected', 'connected', 'connected']);
  });

  test('given up when Redis is gone for good: the file serves on', async () => {
    const { app, first, url } = await killed();
    const call = { args: ['--abandon', 'DATA_DIR', 'REDIS_URL'], env: { REDIS_URL: 'redis://127.0.0.1:9' } };
    const { code, output } = await startMigration(app, url, call).ended;
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/DATA_DIR is open.*\n.*REDIS_URL: There is no connection/),
    ]);
    await app.restart();
    expect(await states([first])).toEqual(['connected']);
    expect(await migrated(app, url)).toContain('20,003 browsers'); // what was left there is cleared
  });

  test('given up, the file serves on and Redis is empty; the run after that brings what is true by then', async () => {
    const { app, first, second, demo, withings, url } = await killed();
    expect(await migrated(app, url, { args: ['--abandon', 'DATA_DIR', 'REDIS_URL'] })).toContain(
      'DATA_DIR is open',
    );
    const redis = await operator(url);
    expect((await redis.names('*')).map((name) => name.replace(/^.*:/, ''))).toEqual([
      'copy',
      'key',
      'version',
    ]);

    const again = await app.restart();
    again.clock.now += 2 * HOUR;
    await first.post('/refresh'); // another refresh token, and the access token is used
    await first.json('/api/measures');
    fileOf(again).exec("DELETE FROM sessions WHERE key LIKE 'crowd%'");
    await second.post('/logout');
    await demo.post('/disconnect');
    await again.stop();

    expect(await migrated(app, url)).toContain('Copied: 1 connection, 1 browser signed in.');
    const after = await onRedis(again, url);
    expect(await states([first, second, demo])).toEqual(['connected', 'not-connected', 'not-connected']);
    after.clock.now += 2 * HOUR;
    const refreshes = await withings.calls(REFRESH);
    await first.post('/refresh');
    expect(await withings.calls(REFRESH)).toBe(refreshes + 1);
    expect(await connection(first)).toMatchObject({ state: 'connected', problem: null });
  });
});

test('killed after the file was closed: neither side starts, and the next run opens Redis', async () => {
  const { app, first } = await town();
  await app.stop();
  const url = await newRedis();
  await migrated(app, url);
  const mark = String(fileOf(app).get('SELECT mark FROM copying')?.mark);
  const redis = await operator(url);
  const [key = ''] = await redis.names('*:key');
  await redis.ask('SET', key.replace(/key$/, 'mark'), mark.replace('closed', 'filled'));
  await expect(app.restart()).rejects.toThrow('was copied to REDIS_URL');
  await expect(onRedis(app, url)).rejects.toThrow('migrate-store -- DATA_DIR REDIS_URL');
  const { code, output } = await startMigration(app, url, { args: ['--abandon', 'DATA_DIR', 'REDIS_URL'] })
    .ended;
  expect([code, output]).toEqual([1, expect.stringContaining('was copied to REDIS_URL')]);
  expect(await migrated(app, url)).toContain('Everything has arrived');
  await onRedis(app, url);
  expect(await states([first])).toEqual(['connected']);
});

test('a running app on the Redis that is being filled writes nothing, and goes on afterwards', async () => {
  const { app, first } = await town();
  crowd(app, 20_000);
  await app.stop();
  const url = await newRedis();
  const there = await startApp({ REDIS_URL: url, SESSION_SECRET: SECRET }, app.clock);
  const migration = startMigration(app, url);
  await migration.says('records copied');
  migration.kill('SIGSTOP');
  expect(await arrival(there)).toBe(503);
  migration.kill('SIGCONT');
  expect((await migration.ended).code).toBe(0);
  expect(await arrival(there)).toBe(303);
  await onRedis(app, url);
  expect(await states([first])).toEqual(['connected']);
});

describe('nothing is copied, and nothing changes,', () => {
  const OTHER = 'p5Tz8Qw2Lk9Xc4Vb7Nm1Rs6Gd3Hf0JyB';
  const none: string[] = [];
  test.each([
    ['without an argument', { args: none }, 'Usage: npm run migrate-store'],
    ['with one too many', { args: ['DATA_DIR', 'REDIS_URL', 'x'] }, 'Usage: npm run migrate-store'],
    ['with a setting that is not set', { args: ['DATA_DIR', 'NEW_REDIS'] }, 'NEW_REDIS is not set'],
    ['with what is no address', { args: ['DATA_DIR', 'http://somewhere'] }, 'is not the address of a store'],
    ['from where no store is', { args: ['sqlite:/nowhere', 'REDIS_URL'] }, 'There is no store at /nowhere'],
    [
      'without the secret',
      { args: ['DATA_DIR', 'sqlite:/nowhere'], env: { SESSION_SECRET: '', REDIS_URL: '', DATABASE_URL: '' } },
      'Set SESSION_SECRET',
    ],
    ['under another secret', { env: { SESSION_SECRET: OTHER } }, 'SESSION_SECRET opens nothing'],
    [
      'to where no Redis is',
      { env: { REDIS_URL: 'redis://127.0.0.1:9' } },
      'REDIS_URL: There is no connection',
    ],
    [
      'a copy that was not begun is not given up',
      { args: ['--abandon', 'DATA_DIR', 'REDIS_URL'] },
      'is not being copied',
    ],
  ])('%s', async (_words, call, words) => {
    const app = await startEmbedded();
    const visitor = visit(app);
    await visitor.connect();
    await app.stop();
    const { url } = await startRedis();
    const { code, output } = await startMigration(app, url, call).ended;
    expect([code, output]).toEqual([1, expect.stringContaining(words)]);
    expect(
      (await (await operator(url)).names('*')).filter((name) => !/:(copy|key|version)$/.test(name)),
    ).toEqual([]);
    expect(existsSync('/nowhere')).toBe(false);
    await app.restart();
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
  });
});

test.each([
  [
    'in a file',
    (file: string, _url: string) => ({
      args: ['DATA_DIR', 'REDIS_URL_FILE'],
      env: { REDIS_URL: '', DATABASE_URL: '', REDIS_URL_FILE: file },
    }),
  ],
  [
    'in an argument',
    (_file: string, url: string) => ({ args: ['DATA_DIR', url], env: { REDIS_URL: '', DATABASE_URL: '' } }),
  ],
])('a password %s is used, and shown nowhere', async (_where, call) => {
  const { app } = await town();
  await app.stop();
  const server = await startRedis([...DURABLE, '--requirepass', 'a-password']);
  const url = server.url.replace('//', '//:a-password@');
  const file = join(tempDir(), 'redis-url');
  writeFileSync(file, `${url}\n`);
  const output = await migrated(app, '', call(file, url));
  expect(output).toContain('Copied: 2 connections');
  const mark = String(fileOf(app).get('SELECT mark FROM copying')?.mark);
  expect(output + mark).not.toContain('a-password');
});
