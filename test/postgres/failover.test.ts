import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openPostgresStore } from '../../src/store/postgres/store.ts';
import { startProxy } from '../shared/proxy.ts';
import { content } from '../store/store-contract.ts';
import { startApp } from '../support/app.ts';
import { atEnd } from '../support/machine.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { createCluster, standbyOf } from './cluster.js';
import { startPostgres } from './server.ts';

const HOUR = 3_600_000;

/** A primary, a synchronous standby, and an address that leads to the first. */
async function startPair() {
  const primary = await createCluster();
  atEnd(() => end(primary));
  await primary.start();
  const standby = await standbyOf(primary);
  atEnd(() => end(standby));
  const proxy = await startProxy(primary.port);
  const url = `postgres://test@127.0.0.1:${proxy.port}/postgres`;
  return {
    primary,
    standby,
    proxy,
    env: { DATABASE_URL: url, SESSION_SECRET: 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ' },
  };
}

async function end(cluster: Awaited<ReturnType<typeof createCluster>>) {
  cluster.thaw();
  await cluster.kill();
  cluster.remove();
}

/** Asks until it says so, for some seconds at most. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('It never came to that');
}

const connection = async (visitor: Visitor) => (await visitor.json('/api/connection')).body;

test.each([
  ['is gone', (pair: Pair) => pair.primary.kill()],
  ['stands still', (pair: Pair) => pair.primary.freeze()],
])(
  'a standby takes over from a primary that %s: nobody is lost, and no process starts again',
  async (_what, fail) => {
    const pair = await startPair();
    const app = await startApp(pair.env);
    expect(app.logs()).toContain('and on a synchronous standby (standby)');
    const [one, other] = [visit(app), visit(app)];
    await one.connect();
    await other.connect('/connect?mode=demo');
    const isReady = async () => (await one.get('/readyz')).status === 200;
    expect(await isReady()).toBe(true);

    await sandboxOf(app).fault('lose-reply', { on: 'requesttoken' });
    app.clock.now += 3 * HOUR;
    await one.json('/api/measures'); // its refresh is unfinished
    await fail(pair);
    await until(async () => !(await isReady()));
    await pair.standby.promote();
    pair.proxy.follow(pair.standby.port);
    await until(isReady);

    app.clock.now += 60_000;
    await app.sweep();
    await until(async () => (await one.json('/api/measures')).status === 200);
    await until(async () => (await other.json('/api/measures')).status === 200);
    expect(await Promise.all([one, other].map(connection))).toMatchObject([
      { state: 'connected' },
      { state: 'connected' },
    ]);
  },
);

type Pair = Awaited<ReturnType<typeof startPair>>;

test('a primary that has become a standby is left, though its connections are open', async () => {
  const { primary, standby, proxy, env } = await startPair();
  const app = await startApp(env);
  const visitor = visit(app);
  await visitor.connect();
  // What a fail-over looks like to connections that a proxy keeps: they lead to a server that takes no writes.
  await primary.ask("ALTER SYSTEM SET synchronous_standby_names = ''");
  await primary.ask("ALTER SYSTEM SET default_transaction_read_only = 'on'");
  await primary.ask('SELECT pg_reload_conf()');
  await until(async () => (await visitor.get('/readyz')).status === 503);
  await standby.promote();
  proxy.follow(standby.port);
  await until(async () => (await visitor.get('/readyz')).status === 200);
  expect(await connection(visitor)).toMatchObject({ state: 'connected' });
});

test('a commit that no standby has confirmed is not taken for made, though it can be read', async () => {
  const { primary, standby, env } = await startPair();
  const encryption = createEncryption(deriveKeys([env.SESSION_SECRET]).seal);
  const { store } = await openPostgresStore({ url: primary.url(), encryption, tag: 'test' });
  atEnd(() => store.close());
  const session = { key: 'key', data: '{}', idleUntil: HOUR, endsAt: HOUR };
  await store.signIn({
    grant: { id: 'id', expected: null, content },
    session,
    replaces: null,
    attempt: null,
  });
  const before = String(await store.readWriteId('id'));
  standby.freeze();
  const failed = expect(store.writeGrant('id', before, content, 0)).rejects.toMatchObject({
    code: 'POSTGRES_UNAVAILABLE',
  });
  const cancelled = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  await until(async () => (await primary.ask(cancelled)).length > 0); // PostgreSQL then answers as if all were well
  await failed;
  expect(await store.readWriteId('id')).not.toBe(before);
  standby.thaw();
});

test('while it is away, whoever listens asks again one at a time', async () => {
  const primary = await startPostgres(); // a standby would come here as well
  const encryption = createEncryption(deriveKeys(['a secret of the tests']).seal);
  const { store } = await openPostgresStore({ url: primary.url(), encryption, tag: 'test' });
  atEnd(() => store.close());
  await primary.kill();
  let [came, open, most] = [0, 0, 0];
  const silent = createServer((socket) => {
    came += 1;
    open += 1;
    most = Math.max(most, open);
    socket
      .resume()
      .on('error', () => {})
      .on('close', () => (open -= 1));
    atEnd(() => void socket.destroy());
  }).listen(primary.port, '127.0.0.1');
  atEnd(() => void silent.close());
  await until(async () => came === 4);
  expect(most).toBe(1);
});
