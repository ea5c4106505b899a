import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { startInstance } from '../shared/instance.ts';
import { atEnd, freePort, tempDir } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { DURABLE, startRedis } from './server.ts';

const SESSION_SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
const PASSWORD = 'a-password';

async function start(REDIS_URL: string, env: Record<string, string> = {}) {
  return startInstance({ SESSION_SECRET, REDIS_URL, ...env, PORT: String(await freePort()) });
}

/** What the program says when it does not start, in one line. */
async function refusal(url: string, env: Record<string, string> = {}): Promise<string> {
  const words = await start(url, env).then(
    () => 'it started',
    (error: Error) => error.message,
  );
  expect(words).toMatch(/^It ended with 1: Not started\. REDIS_URL[^\n]*\n$/);
  expect(words).not.toContain(PASSWORD);
  return words;
}

async function admin(url: string) {
  const client = await createClient({ url, RESP: 2 }).connect();
  atEnd(() => client.destroy());
  return (...words: string[]) => client.sendCommand<unknown>(words);
}

/** The port of somebody who takes connections and says nothing. */
async function silentServer(): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => {}))).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

const withUser = (url: string, user: string) => url.replace('//', `//${user}@`);

describe('what is wrong with REDIS_URL is said by its cause', () => {
  test('user and password', async () => {
    const open = await startRedis();
    const closed = await startRedis([...DURABLE, '--requirepass', 'the-right-one']);
    expect(await refusal(closed.url)).toContain('wants a password');
    expect(await refusal(withUser(closed.url, `:${PASSWORD}`))).toContain('refuses this user or password');
    expect(await refusal(withUser(open.url, `:${PASSWORD}`))).toContain(
      'has no password, and the address has one',
    );
    expect(await refusal(`${open.url}/99`)).toContain('no database of that number');
  });

  test('the host', async () => {
    expect(await refusal('redis://nowhere.invalid')).toContain('there is no host of that name');
    expect(await refusal('redis://127.0.0.1:1')).toContain('nothing listens at that host and port');
    const silent = await silentServer();
    expect(await refusal(`redis://127.0.0.1:${silent}`)).toContain('did not answer in time');
    expect(await refusal(`redis://:${PASSWORD}@127.0.0.1:${silent}`)).toContain('did not answer in time');
  });

  test('too many clients', async () => {
    const server = await startRedis();
    const command = await admin(server.url);
    await command('CONFIG', 'SET', 'maxclients', '1');
    expect(await refusal(server.url)).toContain('as many clients as it allows');
  });

  test('what a user may not do', async () => {
    const { url } = await startRedis();
    const command = await admin(url);
    await command(
      'ACL',
      'SETUSER',
      'scriptless',
      'on',
      `>${PASSWORD}`,
      '~*',
      '&*',
      '+@all',
      '-eval',
      '-evalsha',
    );
    expect(await refusal(withUser(url, `scriptless:${PASSWORD}`))).toContain('may not run evalsha');
    await command('ACL', 'SETUSER', 'writeless', 'on', `>${PASSWORD}`, '~*', '&*', '+@all', '-set');
    expect(await refusal(withUser(url, `writeless:${PASSWORD}`))).toContain('may not run set');
  });

  test('a replica that does not say so', async () => {
    const primary = await startRedis();
    const replica = await startRedis([...DURABLE, '--replicaof', '127.0.0.1', new URL(primary.url).port]);
    const command = await admin(replica.url);
    await command('ACL', 'SETUSER', 'blind', 'on', `>${PASSWORD}`, '~*', '&*', '+@all', '-info');
    expect(await refusal(withUser(replica.url, `blind:${PASSWORD}`))).toContain('must lead to the primary');
  });

  test('TLS: a certificate of nobody known, one for another name, and none', async () => {
    const dir = tempDir();
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const request =
      'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=elsewhere -addext subjectAltName=DNS:elsewhere';
    execFileSync('openssl', [...request.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const port = await freePort();
    await startRedis([
      ...DURABLE,
      ...[
        '--tls-port',
        String(port),
        '--tls-auth-clients',
        'no',
        '--tls-cert-file',
        cert,
        '--tls-key-file',
        key,
      ],
    ]);
    const url = `rediss://localhost:${port}`;
    expect(await refusal(url)).toContain('NODE_EXTRA_CA_CERTS');
    expect(await refusal(url, { NODE_EXTRA_CA_CERTS: cert })).toContain('for another host name');
    expect(await refusal(`redis://localhost:${port}`)).toContain('TLS on one side and none on the other');
  });
});

describe('ready means that Redis takes our writes', () => {
  test.each([
    ['a replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], 'must lead to the primary'],
    [
      'a server that lets our user run no scripts',
      ['ACL', 'SETUSER', 'connect', '-eval', '-evalsha'],
      ['ACL', 'SETUSER', 'connect', '+eval', '+evalsha'],
      'may not run evalsha',
    ],
    [
      'a server without memory',
      ['CONFIG', 'SET', 'maxmemory', '1'],
      ['CONFIG', 'SET', 'maxmemory', '0'],
      'memory of Redis is full',
    ],
  ])('%s: 503 with the reason in the log, and 200 when it is over', async (_what, worse, better, words) => {
    const { url } = await startRedis();
    const command = await admin(url);
    await command('ACL', 'SETUSER', 'connect', 'on', `>${PASSWORD}`, '~*', '&*', '+@all');
    const instance = await start(withUser(url, `connect:${PASSWORD}`));
    const ready = () => fetch(`${instance.url}/readyz`);
    expect((await ready()).status).toBe(200);
    await command(...worse);
    await until(async () => (await ready()).status === 503);
    expect(await (await ready()).json()).toEqual({ status: 'not ready' });
    const [why, ...more] = instance.output().match(/.*not ready: the store takes no writes.*/g) ?? [];
    expect(why).toContain(words);
    expect(more).toEqual([]);
    await command(...better);
    await until(async () => (await ready()).status === 200);
    expect(instance.output()).not.toContain(PASSWORD);
  });
});
