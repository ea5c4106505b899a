import { describe, expect, test } from '@jest/globals';
import { startProxy } from '../shared/proxy.ts';
import { startApp } from '../support/app.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { operator } from './migration.ts';
import { DURABLE, type RedisServer, startRedis } from './server.ts';

const HOUR = 3_600_000;
const SESSION_SECRET = 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ';

interface Town {
  primary: RedisServer;
  replica: RedisServer;
  /** What an operator asks of each. */
  ask: { primary: Ask; replica: Ask };
}
type Ask = (...words: string[]) => Promise<unknown>;

const portOf = ({ url }: RedisServer) => Number(new URL(url).port);
const isUpToDate = async (ask: Ask) => /master_link_status:up/.test(String(await ask('INFO', 'replication')));

async function primaryAndReplica(): Promise<Town> {
  const primary = await startRedis();
  const replica = await startRedis([...DURABLE, '--replicaof', '127.0.0.1', String(portOf(primary))]);
  const ask = { primary: (await operator(primary.url)).ask, replica: (await operator(replica.url)).ask };
  await until(() => isUpToDate(ask.replica), 'the replica follows');
  return { primary, replica, ask };
}

/** One shard: all our keys lie in one slot, so that more would not help. */
async function clusterOfOneShard(): Promise<Town> {
  const settings = [...DURABLE, '--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
  const [primary, replica] = [await startRedis(settings), await startRedis(settings)];
  const ask = { primary: (await operator(primary.url)).ask, replica: (await operator(replica.url)).ask };
  await ask.primary('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await ask.replica('CLUSTER', 'MEET', '127.0.0.1', String(portOf(primary)));
  const id = String(await ask.primary('CLUSTER', 'MYID'));
  await until(
    () =>
      ask.replica('CLUSTER', 'REPLICATE', id).then(
        () => true,
        () => false,
      ),
    'they have met',
  );
  await until(async () => /cluster_state:ok/.test(String(await ask.primary('CLUSTER', 'INFO'))), 'it is up');
  await until(() => isUpToDate(ask.replica), 'the replica follows');
  return { primary, replica, ask };
}

describe.each<[string, () => Promise<Town>, (town: Town) => Promise<unknown>]>([
  [
    'the primary is gone and its replica takes over',
    primaryAndReplica,
    async ({ primary, ask }) => {
      await primary.kill();
      await ask.replica('REPLICAOF', 'NO', 'ONE');
    },
  ],
  [
    'the primary has become a replica, and its connections are open',
    primaryAndReplica,
    async ({ replica, ask }) => {
      await ask.replica('REPLICAOF', 'NO', 'ONE');
      await ask.primary('REPLICAOF', '127.0.0.1', String(portOf(replica)));
    },
  ],
  [
    'a cluster of one shard fails over',
    clusterOfOneShard,
    async ({ ask }) => {
      await ask.replica('CLUSTER', 'FAILOVER');
      await until(
        async () => /role:master/.test(String(await ask.replica('INFO', 'replication'))),
        'it took over',
      );
    },
  ],
])('%s', (_what, start, failOver) => {
  test('nobody is lost, and no process starts again', async () => {
    const town = await start();
    const proxy = await startProxy(portOf(town.primary));
    const app = await startApp({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, SESSION_SECRET });
    const visitor = visit(app);
    await visitor.connect();
    await sandboxOf(app).fault('lose-reply', { on: 'requesttoken' });
    app.clock.now += 3 * HOUR;
    await visitor.json('/api/measures'); // its refresh is unfinished
    await failOver(town);
    proxy.follow(portOf(town.replica));
    await until(async () => (await visitor.get('/readyz')).status === 200, 'ready again');
    app.clock.now += 60_000;
    await until(async () => {
      await app.sweep();
      return (await visitor.json('/api/measures')).status === 200;
    }, 'data again');
    expect((await visitor.json('/api/connection')).body).toMatchObject({ state: 'connected' });
  });
});
