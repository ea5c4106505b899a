import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { atEnd } from '../support/machine.ts';

const [, probe = '[]'] =
  /^HEALTHCHECK[^[]*CMD (\[.*\])$/m.exec(
    readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8'),
  ) ?? [];
const [command = '', ...args]: string[] = JSON.parse(probe);

/** What the image's HEALTHCHECK ends with. */
async function check(env: Record<string, string>): Promise<unknown> {
  const child = spawn(command, args, { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' });
  return (await once(child, 'exit'))[0];
}

/** Answers as the program does, and nothing but a whole request. */
async function listen(host: string, status: number): Promise<string> {
  const server = createServer((req, res) => {
    res.writeHead(req.url === '/healthz' ? status : 404).end();
  });
  server.listen(0, host);
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return String((server.address() as AddressInfo).port);
}

const isOnIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

test.each(['127.0.0.1', '0.0.0.0', 'localhost', '127.0.0.2', ...(isOnIpv6 ? ['::1', '::'] : [])])(
  "the image's HEALTHCHECK asks where the program listens: HOST=%s",
  async (HOST) => {
    expect(await check({ HOST, PORT: await listen(HOST, 200) })).toBe(0);
    expect(await check({ HOST, PORT: await listen(HOST, 503) })).not.toBe(0);
  },
);

test('without HOST it asks this machine; where nothing listens it is not well', async () => {
  expect(await check({ PORT: await listen('0.0.0.0', 200) })).toBe(0);
  expect(await check({ PORT: '1' })).not.toBe(0);
  expect(command).not.toBe('node'); // which takes longer to start than all the rest
});
