import { expect, test } from '@jest/globals';
import request from 'supertest';
import { inRedis, startApp, type TestApp } from '../support/app.ts';
import { REFRESH, sandboxOf } from '../support/sandbox.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { crowd, fileOf, moved, operator, SECRET, startEmbedded, startMover } from './mover.ts';

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
  const output = await moved(app, url);
  expect(output).toContain('2 connections, 3 browsers signed in, 4 attempts to connect');
  expect(output).toContain('every change is on disk');

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

test('the old file is refused at start, and a move of it has nothing left to do', async () => {
  const { app } = await town();
  await app.stop();
  const url = await newRedis();
  await moved(app, url);
  await expect(app.restart()).rejects.toThrow(/was moved to Redis on \d{4}-\d\d-\d\d: set REDIS_URL/);
  expect(await moved(app, url)).toContain('Nothing was left to do');
});

test('an app that runs meanwhile says that its store is away, and asks Withings for nothing, then or later', async () => {
  const { app, first, withings } = await town();
  crowd(app, 20_000);
  const url = await newRedis();
  const mover = startMover(app, url);
  await mover.says('browsers, with');
  mover.kill('SIGSTOP'); // it stands in the middle of its way
  const during = await first.post('/refresh');
  expect([during.status, during.text]).toEqual([503, expect.stringContaining('store-unavailable')]);
  mover.kill('SIGCONT');
  expect((await mover.ended).code).toBe(0);

  const later = await first.post('/refresh');
  expect([later.status, later.text]).toEqual([503, expect.stringContaining('store-unavailable')]);
  expect((await visit(app).get('/connect')).status).toBe(503);
  expect(await withings.calls(REFRESH)).toBe(0);
  await onRedis(app, url);
  expect((await first.post('/refresh')).headers.location).toBe('/dashboard');
});

test('killed half way: Redis is refused, the file serves on, and the next run brings what is true by then', async () => {
  const { app, first, second, demo, withings } = await town();
  const stranger = visit(app);
  const consented = await stranger.consent(await stranger.begin(), 'Allow');
  crowd(app, 20_000);
  await app.stop();
  const url = await newRedis();
  const mover = startMover(app, url);
  await mover.says('browsers, with');
  mover.kill('SIGKILL');
  expect((await mover.ended).code).toBe('SIGKILL');
  await expect(onRedis(app, url)).rejects.toThrow('npm run migrate-store');

  const again = await app.restart();
  again.clock.now += 2 * HOUR;
  await first.post('/refresh'); // another refresh token, and the access token is used
  await first.json('/api/measures');
  await second.post('/logout');
  await demo.post('/disconnect');
  fileOf(again).exec("DELETE FROM sessions WHERE key LIKE 'crowd%'; DELETE FROM attempts");
  await again.stop();

  const output = await moved(app, url);
  expect(output).toMatch(/took back the [\d,]+ records/);
  expect(output).toContain('Moved: 1 connection, 1 browser signed in, 0 attempts');
  const after = await onRedis(again, url);
  expect(await states([first, second, demo])).toEqual(['connected', 'not-connected', 'not-connected']);
  expect((await stranger.get(consented)).status).toBe(400);
  after.clock.now += 2 * HOUR;
  const refreshes = await withings.calls(REFRESH);
  await first.post('/refresh');
  expect(await withings.calls(REFRESH)).toBe(refreshes + 1);
  expect(await connection(first)).toMatchObject({ state: 'connected', problem: null });

  const redis = await operator(url);
  const kinds = (await redis.names('*')).map((name) => name.replace(/^\{.*?\}:/, '').replace(/:.*/, ''));
  // One session, its grant and its owners, the indexes, the ring: nothing that the first run had brought.
  const expected = ['ends', 'g', 'o', 'ring', 's', 'subscriptions-due', 'version'];
  expect(kinds.filter((kind) => kind !== 'rate-limit' && kind !== 'grants-due')).toEqual(expected);
});

test('killed after the file was closed: neither side starts, and the next run opens Redis', async () => {
  const { app, first } = await town();
  await app.stop();
  const url = await newRedis();
  await moved(app, url);
  const { id } = fileOf(app).prepare('SELECT id FROM moved').get() as { id: string };
  const redis = await operator(url);
  const [ring = ''] = await redis.names('*:ring');
  await redis.ask('SET', ring.replace('ring', 'moving'), `${id} a-run`);
  await expect(app.restart()).rejects.toThrow('was moved to Redis');
  await expect(onRedis(app, url)).rejects.toThrow('npm run migrate-store');
  expect(await moved(app, url)).toContain('Everything had arrived already');
  await onRedis(app, url);
  expect(await states([first])).toEqual(['connected']);
});

test('who is connected in that Redis already keeps that connection, whatever becomes of the first run', async () => {
  const { app, first, demo } = await town();
  const url = await newRedis();
  const there = await startApp({ REDIS_URL: url, SESSION_SECRET: SECRET }, app.clock);
  const visitor = visit(there);
  await visitor.connect(); // by the same person's number: another sandbox with the same people
  await app.stop();
  await there.stop();
  const redis = await operator(url);
  const [name = ''] = await redis.names('*:g:*');
  const before = await redis.ask('HGETALL', name);

  crowd(app, 20_000);
  const mover = startMover(app, url);
  await mover.says('browsers, with');
  mover.kill('SIGKILL');
  await mover.ended;
  expect(await redis.ask('HGETALL', name)).toEqual(before);
  const output = await moved(app, url);
  expect(output).toContain('1 connection stayed as they were in Redis');
  expect(await redis.ask('HGETALL', name)).toEqual(before);

  await there.restart();
  expect(await states([visitor])).toEqual(['connected']);
  for (const one of [first, demo]) {
    const answer = await request(there.url).get('/api/connection').set('Cookie', one.cookies());
    expect(answer.body.state).toBe('connected');
  }
});
