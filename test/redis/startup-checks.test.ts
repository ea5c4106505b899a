import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { startInstance } from '../shared/instance.ts';
import { content } from '../store/store-contract.ts';
import { atEnd, freePort, tempDir } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { DURABLE, type RedisServer, startRedis } from './server.ts';

const NOW = 1_750_000_000_000;
const HOUR = 3_600_000;
const [SECRET, OTHER] = ['k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT', 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ'];

async function open(url: string, secrets = [SECRET]) {
  const encryption = createEncryption(deriveKeys(secrets).seal);
  const { store, durability } = await openRedisStore({ url, encryption, tag: 'test', now: () => NOW });
  atEnd(() => store.close());
  return { store, durability };
}

async function admin({ url }: Pick<RedisServer, 'url'>) {
  const client = await createClient({ url, RESP: 2 }).connect();
  atEnd(() => client.destroy());
  return (...words: string[]) => client.sendCommand<unknown>(words);
}

type Opened = Awaited<ReturnType<typeof open>>['store'];

async function signIn(store: Opened, key = 'key', more: { idleMs?: number; endMs?: number } = {}) {
  const { idleMs = HOUR, endMs = 2 * HOUR } = more;
  return store.signIn({
    grant: { id: 'eu:363', expected: await store.readWriteId('eu:363'), content },
    session: { key, data: '{}', idleUntil: NOW + idleMs, endsAt: NOW + endMs },
    replaces: null,
    attempt: null,
  });
}

describe('a Redis that must not be used is refused by name', () => {
  test('a replica', async () => {
    const primary = await startRedis();
    const replica = await startRedis([...DURABLE, '--replicaof', '127.0.0.1', new URL(primary.url).port]);
    await expect(open(replica.url)).rejects.toThrow('must be the primary');
  });

  test('a node of a cluster that does not hold our keys; one that does is as good as any', async () => {
    const server = await startRedis([...DURABLE, '--cluster-enabled', 'yes']);
    await expect(open(server.url)).rejects.toMatchObject({ code: 'REDIS_UNFIT' });
    const command = await admin(server);
    await command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    let opened: Opened | null = null;
    for (let looks = 0; looks < 200 && !opened; looks += 1) {
      opened = await open(server.url).then(
        ({ store }) => store,
        () => null,
      );
      await new Promise((wait) => setTimeout(wait, 25));
    }
    if (!opened) throw new Error('The cluster did not come up');
    expect(await signIn(opened)).toBe(true);
    expect(await opened.readGrant('eu:363')).toMatchObject(content);
    await opened.endSession('key');
    expect(await opened.readGrant('eu:363')).toBeNull();
  });

  test('one that others have filled under another secret; a rotation goes through', async () => {
    const server = await startRedis();
    await signIn((await open(server.url)).store);
    await expect(open(server.url, [OTHER])).rejects.toMatchObject({ code: 'REDIS_UNFIT' });
    const { store } = await open(server.url, [OTHER, SECRET]);
    expect(await store.readGrant('eu:363')).toMatchObject(content);
    await expect(open(server.url, [SECRET])).rejects.toThrow('SESSION_SECRET');
  });

  test('the program says it in a line and opens no port', async () => {
    const server = await startRedis([...DURABLE, '--maxmemory-policy', 'volatile-lru']);
    const port = String(await freePort());
    const env = { PORT: port, SESSION_SECRET: SECRET, REDIS_URL: server.url };
    await expect(startInstance(env)).rejects.toThrow(
      /ended with 1: Not started\. .*volatile-lru.*noeviction/,
    );
  });
});

describe('ways in', () => {
  test('a user of its own, who may touch nothing else', async () => {
    const server = await startRedis();
    const command = await admin(server);
    await command('SET', 'somebody-elses', 'x');
    await command('SET', '{withings-connect}:pace', '0'); // of an older version: it is brought up to the present one
    const rights = ['~{withings-connect}:*', '&{withings-connect}:*', ...RIGHTS];
    await command('ACL', 'SETUSER', 'connect', 'on', '>a-password', ...rights);
    const url = server.url.replace('redis://', 'redis://connect:a-password@');
    const instance = await startInstance({
      PORT: String(await freePort()),
      REDIS_URL: url,
      SESSION_SECRET: SECRET,
      WITHINGS_CLIENT_ID: 'x',
      WITHINGS_CLIENT_SECRET: 'y',
    });
    expect((await fetch(`${instance.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${instance.url}/connect`, { redirect: 'manual' })).status).toBe(303);
    expect(instance.output()).toMatch(/(Redis|Valkey) .*every change is on disk/);
    expect(instance.output()).not.toContain('a-password');
    expect(instance.output()).toContain('SHUTDOWN_DELAY_SECONDS is 0');
  });

  test('TLS, with a certificate that is known; one that is not is refused', async () => {
    const dir = tempDir();
    certificate(dir);
    const port = String(await freePort());
    await startRedis([
      ...DURABLE,
      ...['--tls-port', port, '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', join(dir, 'cert.pem'), '--tls-key-file', join(dir, 'key.pem')],
    ]);
    const env = { REDIS_URL: `rediss://localhost:${port}`, SESSION_SECRET: SECRET };
    await expect(startInstance({ ...env, PORT: String(await freePort()) })).rejects.toThrow('Not started');
    const known = { NODE_EXTRA_CA_CERTS: join(dir, 'cert.pem'), PORT: String(await freePort()) };
    const instance = await startInstance({ ...env, ...known });
    expect((await fetch(`${instance.url}/readyz`)).status).toBe(200);
  });
});

/** What docs/scaling.md says to allow. */
const RIGHTS = /ACL SETUSER connect .*?((?:\+\S+ ?)+)/
  .exec(readFileSync(join(import.meta.dirname, '../../docs/scaling.md'), 'utf8'))?.[1]
  ?.trim()
  .split(' ') ?? ['the document does not say'];

function certificate(dir: string): void {
  const words = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost`;
  const files = ['-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')];
  execFileSync('openssl', [...words.split(' '), ...files], { stdio: 'ignore' });
}

describe('what is stored, and for how long', () => {
  test('no token, no session id, no state in any file of Redis', async () => {
    const server = await startRedis();
    const { store } = await open(server.url);
    await signIn(store);
    const files = execFileSync('sh', ['-c', `cat "$0"/appendonlydir/*`, server.dir], { encoding: 'latin1' });
    expect(files).toContain('eu:363');
    for (const secret of [content.accessToken, content.refreshToken]) expect(files).not.toContain(secret);
  });

  test('the server forgets by itself what nobody clears away: sessions, grants, attempts', async () => {
    const server = await startRedis();
    const { store } = await open(server.url);
    await signIn(store, 'short', { idleMs: 1000 - HOUR }); // an hour is what our own sweeper has
    await store.spendAttempt({ id: 'attempt', answer: 'a', expiresAt: NOW + 1000 - HOUR });
    const command = await admin(server);
    const names = async () =>
      ((await command('KEYS', '*')) as string[]).map((name) => name.split(':').slice(1, 2)[0]);
    expect(await names()).toEqual(expect.arrayContaining(['s', 'g', 'o', 'a']));
    const isThere = async () => (await names()).some((name) => name === 's' || name === 'a');
    for (let looks = 0; looks < 200 && (await isThere()); looks += 1)
      await new Promise((wait) => setTimeout(wait, 25));
    expect((await names()).filter((name) => /^[sgoa]$/.test(String(name)))).toEqual([]);
    expect(await store.removeExpired(NOW + 1000, 10)).toBe(false); // what is left are lists, and they are tidied
    expect((await names()).sort()).toEqual(['copy', 'key', 'p', 'people', 'version']);
  });

  test('a session lives on in the server for as long as it is touched, and its grant with it', async () => {
    const server = await startRedis();
    const { store } = await open(server.url);
    await signIn(store, 'key', { idleMs: HOUR, endMs: 50 * HOUR });
    const command = await admin(server);
    const [session] = ((await command('KEYS', '{test}:s:*')) as string[]).map((name) => name.slice(7));
    const ttls = async () =>
      Promise.all([session, 'g:eu:363', 'o:eu:363'].map((name) => command('PTTL', `{test}:${name}`)));
    for (const ttl of await ttls()) expect(Number(ttl)).toBeLessThanOrEqual(2 * HOUR);
    await store.touchSession('key', { at: NOW, idleUntil: NOW + 30 * HOUR, isRemembered: false });
    for (const ttl of await ttls()) {
      expect(Number(ttl)).toBeGreaterThan(30 * HOUR);
      expect(Number(ttl)).toBeLessThanOrEqual(31 * HOUR);
    }
    await signIn(store, 'shorter');
    expect(Number((await ttls())[1])).toBeGreaterThan(30 * HOUR); // it lives as long as the longest
  });
});

test('after a failover the old primary is left for the address, which leads to the new one', async () => {
  const server = await startRedis();
  const { store } = await open(server.url);
  await signIn(store);
  const command = await admin(server);
  const before = await command('CLIENT', 'LIST');
  await command('REPLICAOF', '127.0.0.1', '1');
  await expect(store.endSession('key')).rejects.toMatchObject({ code: 'REDIS_REFUSED', reply: 'READONLY' });
  await command('REPLICAOF', 'NO', 'ONE'); // what stands behind the address now is a primary
  let looks = 0;
  while (
    (await store.endSession('key').then(
      () => false,
      () => true,
    )) &&
    looks++ < 200
  )
    await new Promise((wait) => setTimeout(wait, 25));
  expect(await store.readGrant('eu:363')).toBeNull();
  const ids = (list: unknown) => [...String(list).matchAll(/^id=(\d+)/gm)].map(([, id]) => Number(id));
  const newest = Math.max(...ids(before));
  expect(ids(await command('CLIENT', 'LIST')).some((id) => id > newest)).toBe(true);
});

test('a password that was changed meanwhile is the reason that is told, not that there is no connection', async () => {
  const server = await startRedis();
  const command = await admin(server);
  await command('ACL', 'SETUSER', 'app', 'on', '>old', '~*', '&*', '+@all');
  const { store } = await open(server.url.replace('redis://', 'redis://app:old@'));
  await command('ACL', 'SETUSER', 'app', 'resetpass', '>new');
  await command('CLIENT', 'KILL', 'USER', 'app');
  const told = () => store.readGrant('eu:363').then(String, (error) => `${error.code} ${error.message}`);
  await until(async () => /user or password/.test(await told()), 'the reason');
  expect(await told()).toBe('REDIS_UNAVAILABLE Redis refuses this user or password');
  await command('ACL', 'SETUSER', 'app', 'resetpass', '>old');
  await until(async () => (await told()) === 'null', 'back by itself');
});
