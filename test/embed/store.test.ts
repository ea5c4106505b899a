import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openStore } from '../../src/embed/index.ts';
import { tempDir } from '../support/machine.ts';
import { SECRET } from './host.ts';

const SECRETS = { secrets: [SECRET] };

const modesIn = (dir: string) =>
  Object.fromEntries(
    readdirSync(dir).map((name) => [name, (statSync(join(dir, name)).mode & 0o777).toString(8)]),
  );

test('files are their owner’s alone, in whatever folder and under whatever umask', async () => {
  const dir = join(tempDir(), 'data');
  mkdirSync(dir);
  chmodSync(dir, 0o755);
  writeFileSync(join(dir, 'unsynced.db'), '', { mode: 0o644 }); // of a version that did not mind
  const before = process.umask(0o022);
  try {
    const store = openStore(`sqlite:${dir}`, SECRETS);
    await store.probe();
    const modes = modesIn(dir);
    expect(Object.keys(modes)).toEqual(
      expect.arrayContaining(['connect.db', 'connect.db-wal', 'unsynced.db']),
    );
    expect(new Set(Object.values(modes))).toEqual(new Set(['600']));
    store.close();
    const made = join(dir, 'made');
    openStore(`sqlite:${made}`, SECRETS).close();
    expect(statSync(made).mode & 0o777).toBe(0o700);
  } finally {
    process.umask(before);
  }
});

test('a store that was filled under another secret says what is missing', () => {
  const address = `sqlite:${tempDir()}` as const;
  openStore(address, SECRETS).close();
  const next = SECRET.toLowerCase();
  expect(() => openStore(address, { secrets: [next] })).toThrow('none of the secrets is the one');
  openStore(address, { secrets: [next, SECRET] }).close();
});

describe('what cannot be a store is said at once', () => {
  test.each<[string, string, unknown, string]>([
    ['no address', '', SECRETS, 'the address must be'],
    ['a path', './data', SECRETS, "'sqlite:./data'"],
    ['a Redis without a host', 'redis://', SECRETS, 'must be redis://host:6379'],
    ['a PostgreSQL without a database', 'postgres://host', SECRETS, 'must be postgres://'],
    ['a password that is not encoded', 'postgres://u:p@ss@host/db', SECRETS, 'not encoded'],
    ['no secrets', 'sqlite:./data', undefined, 'secrets must be a list'],
    ['a short secret', 'sqlite:./data', { secrets: ['short'] }, 'at least 32'],
    ['a secret that is none', 'sqlite:./data', { secrets: ['x'.repeat(32)] }, 'openssl rand'],
    [
      'a secret out of a document',
      'sqlite:./data',
      { secrets: ['a secret of at least 32 random characters'] },
      'openssl rand',
    ],
    ['a secret twice', 'sqlite:./data', { secrets: [SECRET, SECRET] }, 'none of them twice'],
    ['a secret that is not set', 'sqlite:./data', { secrets: [undefined] }, 'secrets must be a list'],
    ['an option that is none', 'sqlite:./data', { ...SECRETS, secret: 'y' }, 'nothing else'],
    ['a host in place of a folder', 'sqlite://x', SECRETS, 'must name a folder'],
    ['memory', 'sqlite::memory:', SECRETS, 'must name a folder'],
    ['a space', 'sqlite: ', SECRETS, 'must name a folder'],
    ['a home folder', 'sqlite:~/d', SECRETS, 'must name a folder'],
    ['a file', 'sqlite:./connect.db', SECRETS, 'must name a folder'],
    ['a query', 'sqlite:./data?mode=ro', SECRETS, 'must name a folder'],
    ['a NUL', 'sqlite:./d\0', SECRETS, 'must name a folder'],
    ['a secret as text', 'sqlite:./data', { secrets: SECRET }, 'a list'],
  ])('%s', (_what, address, options, words) => {
    expect(() => openStore(address, options as typeof SECRETS)).toThrow(words);
  });

  test.each([[['sqlite:./data']], [new URL('redis://ada:hush@127.0.0.1:1')], [null]])('%s', (address) => {
    const open = () => openStore(address as unknown as string, SECRETS);
    expect(open).toThrow(TypeError);
    expect(open).toThrow('the address must be');
    expect(open).not.toThrow('hush');
  });
});
