import { expect, jest, test } from '@jest/globals';
import request from 'supertest';
import { askManyTimes } from '../support/crowd.ts';
import { openEvents } from '../support/event-stream.ts';
import { REDEEM, REFRESH } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { startPair } from './pair.ts';

const HOUR = 3_600_000;

test('what is begun on one instance is finished on the other, and both know the browser', async () => {
  const { balancer, url, withings } = await startPair();
  const visitor = visit({ url });
  balancer.pin(0);
  const authorize = await visitor.begin();
  const callback = await visitor.consent(authorize, 'Allow');
  balancer.pin(1);
  expect((await visitor.get(callback)).headers.location).toBe('/dashboard');
  for (const instance of [0, 1]) {
    balancer.pin(instance);
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
  }
  balancer.pin(0);
  expect((await visitor.get(callback)).headers.location).toBe('/dashboard'); // once more, elsewhere
  expect(await withings.calls(REDEEM)).toBe(1);
  await visitor.post('/logout');
  balancer.pin(1);
  expect((await visitor.json('/api/connection')).body.state).toBe('not-connected');
});

test('one callback twenty times at once over both: one exchange, and all arrive', async () => {
  const { url, withings } = await startPair();
  const visitor = visit({ url });
  const callback = await visitor.consent(await visitor.begin(), 'Allow');
  const cookie = visitor.cookies();
  const { pathname, search } = new URL(callback);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      request(url)
        .get(pathname + search)
        .set('Cookie', cookie),
    ),
  );
  expect(answers.map(({ headers }) => headers.location)).toEqual(Array(20).fill('/dashboard'));
  expect(await withings.calls(REDEEM)).toBe(1);
});

test('ten thousand requests on one expired token over both: one call, and everybody is answered', async () => {
  // Without the scope for measures an answer is short, but it is given to whoever has a live token only.
  const env = { WITHINGS_TIMEOUT_MS: '30000', LOG_LEVEL: 'silent', WITHINGS_SCOPE: 'user.info' };
  const { apps, url, withings, clock } = await startPair(env);
  const visitor = visit({ url });
  await visitor.connect();
  clock.now += 3 * HOUR;
  const door = withings.hold('/v2/oauth2');
  const crowd = Array.from({ length: 100 }, (_, i) =>
    askManyTimes(apps[i % 2 ? 1 : 0].config.port, {
      path: '/api/measures',
      cookie: visitor.cookies(),
      times: 100,
      words: '"code":"scope-missing"',
    }),
  );
  await door.arrived;
  door.open();
  const answered = await Promise.all(crowd);
  expect(answered.reduce((sum, n) => sum + n)).toBe(10_000);
  expect(await withings.calls(REFRESH)).toBe(1);
});

test('an open dashboard on one is told of a refresh made by the other, and of a disconnection', async () => {
  const { apps, balancer, url, clock } = await startPair();
  const visitor = visit({ url });
  await visitor.connect();
  // Whoever only looked again and again would never look.
  jest.spyOn(globalThis, 'setInterval').mockImplementation(() => ({ unref: () => {} }) as never);
  const events = await openEvents(apps[0], visitor.cookies());
  await events.next();
  clock.now += HOUR;
  balancer.pin(1);
  await visitor.post('/refresh');
  let seen = await events.next();
  while (!seen.lastRefresh) seen = await events.next();
  expect(seen).toMatchObject({ state: 'connected', lastRefresh: { outcome: 'refreshed' } });
  await visitor.post('/disconnect');
  expect(await events.next()).toMatchObject({ state: 'not-connected' });
  await events.ended;
  jest.restoreAllMocks();
});

test('what one has asked Withings for, the other knows: nothing is asked twice', async () => {
  const { balancer, url, withings } = await startPair();
  const visitor = visit({ url });
  await visitor.connect();
  const read = () => visitor.json('/api/measures');
  balancer.pin(0);
  const first = await read();
  const asked = await withings.calls('getmeas');
  balancer.pin(1);
  expect((await read()).body).toEqual(first.body);
  expect(await withings.calls('getmeas')).toBe(asked);
  expect(first.body.measures.length).toBeGreaterThan(10);
  for (const instance of [0, 1, 0, 1]) {
    balancer.pin(instance);
    expect((await visitor.get('/dashboard')).text).not.toContain('withings-busy');
  }
});

test('both ask the same at once: the one that Withings refuses takes the answer of the other', async () => {
  const { apps, url, withings } = await startPair();
  const visitor = visit({ url });
  await visitor.connect();
  await Promise.all(apps.map((app) => app.settled()));
  const door = withings.hold('/measure');
  const ask = (instance: 0 | 1) =>
    request(apps[instance].url)
      .get('/api/measures')
      .set({ Cookie: visitor.cookies(), Accept: 'application/json' })
      .then();
  const both = [ask(0), ask(1)];
  await until(() => door.count() === 2);
  door.open();
  const [one, other] = await Promise.all(both);
  expect([one?.status, other?.status]).toEqual([200, 200]);
  expect(one?.body).toEqual(other?.body);
  expect((await withings.state()).counters.getmeas).toMatchObject({ 601: 1 });
});

test('all instances together keep to what Withings allows, and whoever waits is told the turn', async () => {
  const { apps, url, withings } = await startPair({ WITHINGS_CALLS_PER_MINUTE: '10' });
  const visitor = visit({ url });
  await visitor.connect();
  await Promise.all(apps.map((app) => app.settled()));
  const answers = await Promise.all(
    apps.flatMap((app) =>
      ['/dashboard?days=365', '/dashboard?days=30', '/dashboard?days=7'].map((page) =>
        request(app.url).get(page).set({ Cookie: visitor.cookies(), Accept: 'text/html' }),
      ),
    ),
  );
  expect(await dataCalls()).toBeLessThanOrEqual(9); // and the code
  const waiting = answers.filter(({ text }) => text.includes('Your turn is at about'));
  expect(waiting.length).toBeGreaterThan(0);
  for (const { text } of waiting) expect(text).toMatch(/data-again="[1-9]/);

  async function dataCalls(): Promise<number> {
    const calls = ['getmeas', 'getactivity', 'getsummary', 'getdevice'].map((name) => withings.calls(name));
    return (await Promise.all(calls)).reduce((sum, n) => sum + n, 0);
  }
});
