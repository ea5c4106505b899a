import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { STORE_VERSION, type Store } from '../../src/store/store.ts';
import { expectEverybodyConnected, SECRET, type VersionZero } from '../store/version-zero.ts';
import { atEnd } from '../support/machine.ts';
import { type RedisServer, startRedis } from './server.ts';

const FIXTURE = resolve(import.meta.dirname, '../store/fixtures/version-0.redis');
const ZERO: VersionZero = {
  at: 1795637592265,
  ann: 's%3AzaBWZsyZgQceL6SSEgnAp9H1yhKjKxDajMosLcHrKb4.p8Smn35%2FrK8QiMw8q%2BqXYm73SqdiGmZZl9YseB8Seu4',
  bob: 's%3A51o23-KGsYtetEs3rPEyInnHGX1jrT6V2fspceWK00A.GUUN%2BgwKZ6aS7l1VI%2BVpprW8D1bC2J95XcA%2BRSJuv%2FU',
};
const HOUR = 3_600_000;
const OLD_NAMES = ['attend', 'due', 'tries', 'pace'];
const NEW_NAMES = ['grants-due', 'subscriptions-due'];

/** A Redis as the program filled it before there were versions: each line is a command. */
async function versionZero() {
  const server = await startRedis();
  const client = await createClient({ url: server.url, RESP: 2 }).connect();
  atEnd(() => client.destroy());
  const command = (...words: string[]) => client.sendCommand<unknown>(words);
  for (const line of readFileSync(FIXTURE, 'utf8').trim().split('\n')) await command(...JSON.parse(line));
  /** Everything that is there. */
  const dump = async () => {
    const names = ((await command('KEYS', '*')) as string[]).sort();
    return Promise.all(names.map(async (name) => [name, await command('DUMP', name)]));
  };
  const namesThere = async (names: string[]) => {
    const counts = await Promise.all(names.map((name) => command('EXISTS', `{withings-connect}:${name}`)));
    return names.filter((_, i) => counts[i] === 1);
  };
  return { server, command, dump, namesThere };
}

async function open({ url }: RedisServer) {
  const encryption = createEncryption(deriveKeys([SECRET]).seal);
  const { store } = await openRedisStore({ url, encryption, tag: 'withings-connect', now: () => ZERO.at });
  atEnd(() => store.close());
  return store;
}

async function readGrant(store: Store, id: string) {
  const grant = await store.readGrant(id);
  if (!grant) throw new Error('There is no such grant');
  return grant;
}

const nameOf = (store: Store, userId: string) => store.grantIdOf({ issuer: 'eu', userId });

test('a Redis from before there were versions opens, and everybody in it stays connected', async () => {
  const { server, command, namesThere } = await versionZero();
  const store = await open(server);
  expect(await command('GET', '{withings-connect}:version')).toBe(String(STORE_VERSION));
  expect(await namesThere(OLD_NAMES)).toEqual([]);
  expect(await namesThere(NEW_NAMES)).toEqual(NEW_NAMES);
  expect(await store.readSubscriptions(nameOf(store, '363'))).toMatchObject({ newsAt: 1795637591749 });
  expect(await store.claimDueGrants('eu', ZERO.at + 60_000, 10)).toEqual([nameOf(store, '364')]);
  const { states, open: unfinished } = await store.countConnections();
  expect([states[0], unfinished]).toEqual([{ state: 'connected', all: 2, demo: 0 }, 1]);
  await expectEverybodyConnected({ REDIS_URL: server.url }, ZERO);
});

test('a step is taken once, however many instances start', async () => {
  const { server, command, namesThere } = await versionZero();
  await Promise.all([open(server), open(server), open(server)]);
  await command('SET', '{withings-connect}:due', 'a name that came to be used again');
  await open(server);
  expect(await namesThere(OLD_NAMES)).toEqual(['due']);
});

test('a Redis from a newer version is refused by name, and nothing is written', async () => {
  const { server, command, dump } = await versionZero();
  await command('SET', '{withings-connect}:version', '99');
  const before = await dump();
  await expect(open(server)).rejects.toMatchObject({
    code: 'REDIS_UNFIT',
    message: expect.stringContaining('newer version of this program (its schema is 99'),
  });
  expect(await dump()).toEqual(before);
});

test('instances of the version before write nothing more; a mark that a copy had left is kept', async () => {
  const { server, command } = await versionZero();
  const mark = '{"state":"frozen","run":"a","from":"HERE","to":"THERE","at":1}';
  await command('SET', '{withings-connect}:copy', mark);
  await expect(open(server)).rejects.toThrow('--abandon HERE THERE');
  await command('DEL', '{withings-connect}:copy');
  const store = await open(server);
  expect(String(await command('GET', '{withings-connect}:copy'))).toContain(
    'a newer version of this program',
  );
  expect(await store.readGrant(nameOf(store, '363'))).toMatchObject({ issuer: 'eu' });
  expect(JSON.stringify(await command('KEYS', '*'))).not.toMatch(/eu:36[34]/);
});

test('a grant that an instance of the version before has stored is looked at, once', async () => {
  const { server, command } = await versionZero();
  const store = await open(server);
  const ids = [nameOf(store, '363'), nameOf(store, '364')].sort();
  const claim = (now: number) => store.claimOldGrants('eu', now, 10);
  expect((await claim(ZERO.at)).toSorted()).toEqual(ids);
  for (const id of ids) {
    const { writeId, ...content } = await readGrant(store, id);
    await store.writeGrant(id, writeId, content, 0);
  }
  expect(await claim(ZERO.at + 9 * HOUR)).toEqual([]);
  await command('ZREM', '{withings-connect}:grants-to-renew', String(ids[0]));
  await store.removeExpired(0, 10);
  expect(await claim(ZERO.at + 9 * HOUR)).toEqual([ids[0]]);
});
