import { describe, expect, test } from '@jest/globals';
import request, { type Response } from 'supertest';
import { REDEEM, REFRESH } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { type Pair, startPair } from './pair.ts';
import { type StoreServer, startStoreServer } from './store.ts';

const HOUR = 3_600_000;

type Town = Pair & { visitor: Visitor; server: StoreServer };

async function connected(): Promise<Town> {
  const server = await startStoreServer();
  const pair = await startPair({}, server.env);
  const visitor = visit(pair);
  await visitor.connect();
  await Promise.all(pair.apps.map((app) => app.settled()));
  return { ...pair, visitor, server };
}

function expectAway(answer: Response): void {
  expect(answer.status).toBe(503);
  expect(answer.text).toContain('store-unavailable');
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(answer.headers['set-cookie']).toBeUndefined();
  expect(answer.headers['clear-site-data']).toBeUndefined();
}

const isReady = async ({ apps }: Pair) =>
  (await Promise.all(apps.map(({ url }) => request(url).get('/readyz')))).every(
    ({ status }) => status === 200,
  );

describe.each<[string, (town: Town) => Promise<void>, (town: Town) => Promise<void>]>([
  ['killed', ({ server }) => server.kill(), ({ server }) => server.start()],
  ['frozen', async ({ server }) => server.freeze(), async ({ server }) => server.thaw()],
])('the store is %s', (_name, goAway, comeBack) => {
  test('every page that needs it says so and changes nothing; it comes back by itself', async () => {
    const pair = await connected();
    const { visitor, withings, apps, clock } = pair;
    clock.now += 3 * HOUR; // a refresh is due
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    const before = [await withings.calls(REFRESH), await withings.calls(REDEEM)];
    await goAway(pair);

    for (const path of ['/dashboard', '/api/measures', '/connect', callback]) {
      expectAway(await visitor.get(path));
    }
    for (const path of ['/refresh', '/disconnect', '/logout', '/check']) expectAway(await visitor.post(path));
    for (const { url } of apps) {
      expect((await request(url).get('/readyz')).status).toBe(503);
      expect((await request(url).get('/healthz')).status).toBe(200);
      expect((await request(url).get('/')).status).toBe(200); // nobody's session is needed for it
    }
    expect([await withings.calls(REFRESH), await withings.calls(REDEEM)]).toEqual(before);

    await comeBack(pair);
    await until(() => isReady(pair), 'ready again');
    expect((await visitor.json('/api/connection')).body.state).not.toBe('not-connected');
    expect((await visitor.json('/api/measures')).status).toBe(200);
    expect((await visitor.get(callback)).headers.location).toBe('/dashboard'); // its attempt was not spent
    expect(await withings.calls(REFRESH)).toBe((before[0] ?? 0) + 1);
  });
});

test('away between the intent and the new pair: nothing is lost, and somebody finishes it', async () => {
  const pair = await connected();
  const { visitor, withings, apps, clock, server } = pair;
  clock.now += HOUR;
  const door = withings.hold('/v2/oauth2');
  const pressed = visitor.post('/refresh').then();
  await door.arrived;
  await server.kill();
  door.open(); // Withings gives a new pair, which cannot be kept
  expectAway(await pressed);
  await server.start();
  await until(() => isReady(pair), 'ready again');
  clock.now += 60_000; // the lease runs by the clock of Redis, the wait by ours
  await until(async () => {
    await Promise.all(apps.map((app) => app.sweep()));
    const { body } = await visitor.json('/api/connection');
    return body.state === 'connected' && body.lastRefresh?.outcome === 'refreshed';
  }, 'finished without a visitor');
  clock.now += 9 * HOUR; // whatever the old pair was good for, it is over
  expect((await visitor.json('/api/measures')).status).toBe(200);
});
