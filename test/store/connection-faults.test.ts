import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openPostgresStore } from '../../src/store/postgres/store.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { atEnd, tempDir } from '../support/machine.ts';

const encryption = createEncryption(deriveKeys(['k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT']).seal);
const postgres = (url: string) => openPostgresStore({ url, encryption, tag: 'test' });
const redis = (url: string) => openRedisStore({ url, encryption, tag: 'test', now: Date.now });

/** What listens on a free port and does this to whoever comes; its host and port. */
async function somebody(greet: (socket: Socket) => unknown): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    greet(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('why there is no store is said of whatever answers in its place', () => {
  test.each([
    ['hangs up', (socket: Socket) => socket.end(), /hangs up, or is no/],
    ['speaks another language', (socket: Socket) => socket.end('garbage\r\n'), /hangs up, or is no/],
  ])('%s', async (_what, greet, words) => {
    const host = await somebody(greet);
    await expect(postgres(`postgres://u:hunter2@${host}/d`)).rejects.toThrow(words);
    await expect(redis(`redis://:hunter2@${host}`)).rejects.toThrow(words);
  });

  test('says nothing', async () => {
    const host = await somebody(() => {});
    await expect(postgres(`postgres://u:hunter2@${host}/d`)).rejects.toThrow('did not answer in time');
  });

  test('a file of certificates that is not there is no fault of DATA_DIR', async () => {
    const missing = `${tempDir()}/ca.pem`;
    for (const name of ['sslrootcert', 'sslcert', 'sslkey']) {
      await expect(postgres(`postgres://h/d?sslmode=verify-full&${name}=${missing}`)).rejects.toMatchObject({
        code: 'POSTGRES_UNFIT',
        message: expect.stringMatching(/^DATABASE_URL names a file .* cannot be read \(ENOENT\)/),
      });
    }
  });
});
