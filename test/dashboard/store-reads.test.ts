import { expect, jest, test } from '@jest/globals';
import * as postgres from '../../src/store/postgres/store.ts';
import * as redis from '../../src/store/redis/store.ts';
import * as sqlite from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';

/** What the app asked of its store, by name; `open`: a grant was decrypted. */
const asked: string[] = [];

function counted(store: Store): Store {
  const wrapped = Object.entries(store).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value];
    return [name, (...args: unknown[]) => asked.push(name) && Reflect.apply(value, store, args)];
  });
  return {
    ...(Object.fromEntries(wrapped) as Store),
    async readSession(key, now) {
      asked.push('readSession');
      const session = await store.readSession(key, now);
      return session && { ...session, grant: () => (asked.push('open') ? session.grant() : null) };
    },
  };
}

jest.unstable_mockModule('../../src/store/sqlite/store.ts', () => ({
  ...sqlite,
  openSqliteStore: (...args: Parameters<typeof sqlite.openSqliteStore>) =>
    counted(sqlite.openSqliteStore(...args)),
}));
jest.unstable_mockModule('../../src/store/redis/store.ts', () => ({
  ...redis,
  openRedisStore: async (...args: Parameters<typeof redis.openRedisStore>) => {
    const { store, durability } = await redis.openRedisStore(...args);
    return { store: counted(store), durability };
  },
}));
jest.unstable_mockModule('../../src/store/postgres/store.ts', () => ({
  ...postgres,
  openPostgresStore: async (...args: Parameters<typeof postgres.openPostgresStore>) => {
    const { store, ...rest } = await postgres.openPostgresStore(...args);
    return { store: counted(store), ...rest };
  },
}));
const { startApp } = await import('../support/app.ts');
const { visit } = await import('../support/visitor.ts');

/** What a request asks of the store, all that it leaves behind included. */
async function askedBy(settled: () => Promise<void>, request: () => PromiseLike<unknown>) {
  await settled();
  asked.length = 0;
  await request();
  await settled();
  return asked.toSorted();
}

const GRANT_ONCE = ['open', 'readSession'];
/** One turn for all that the page waits for; another one for goals, height, recordings and workouts in the background. */
const CALLS = ['takeCalls', 'endCalls', 'takeCalls', 'endCalls'];

test.each([
  ['off', []],
  ['on', ['readSubscriptions']],
])('a dashboard reads and decrypts the grant once, with notifications %s', async (WEBHOOKS, more) => {
  const app = await startApp({ WEBHOOKS, SWEEP_SECONDS: '3600' });
  const visitor = visit(app);
  await visitor.connect();
  await app.sweep();
  const page = () => askedBy(app.settled, () => visitor.get('/dashboard'));
  const beside = ['readLongestSession', 'readOtherSessions', 'readTimezone', ...more]; // no grant among them
  expect(await page()).toEqual([...GRANT_ONCE, ...beside, ...CALLS, 'writeTimezone'].sort());
  expect(await page()).toEqual([...GRANT_ONCE, ...beside].sort());
});

test('so does what shows or hands out the connection', async () => {
  const app = await startApp({ SWEEP_SECONDS: '3600' });
  const visitor = visit(app);
  await visitor.connect();
  const page = (path: string) => askedBy(app.settled, () => visitor.get(path));
  expect(await page('/')).toEqual(GRANT_ONCE);
  expect(await page('/api/connection')).toEqual([...GRANT_ONCE, 'readLongestSession', 'readTimezone'].sort());
});
