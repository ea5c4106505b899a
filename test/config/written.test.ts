import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { findStore } from '../../src/config/store-address.ts';
import { tempDir } from '../support/machine.ts';

const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
const REAL = { WITHINGS_CLIENT_ID: 'id', WITHINGS_CLIENT_SECRET: 'secret', SESSION_SECRET: SECRET };

function file(content: string | Buffer): string {
  const path = join(tempDir(), 'secret');
  writeFileSync(path, content);
  return path;
}

const told = (env: Record<string, string>) => {
  const result = readConfig(env);
  return result.ok ? result.warnings : result.faults;
};

describe('secrets from files', () => {
  test.each([
    ['a newline', `${SECRET}\n`],
    ['CRLF', `${SECRET}\r\n`],
    ['no end of line', SECRET],
    ['the mark of UTF-8', `\uFEFF${SECRET}\n`],
    ['UTF-16, as PowerShell writes it', Buffer.from(`\uFEFF${SECRET}\r\n`, 'utf16le')],
  ])('%s', (_what, content) => {
    const { SESSION_SECRET: _, ...rest } = REAL;
    const result = readConfig({ ...rest, SESSION_SECRET_FILE: file(content) });
    expect(result).toMatchObject({ ok: true, config: { sessionSecrets: [SECRET] } });
  });

  test('every secret, and what is asked of each is asked of what the file holds', () => {
    expect(
      readConfig({
        WITHINGS_CLIENT_ID: 'id',
        WITHINGS_CLIENT_SECRET_FILE: file('from a file\n'),
        SESSION_SECRET_FILE: file(SECRET),
        PARTNER_API_KEY_FILE: file([...SECRET].reverse().join('')),
        REDIS_URL_FILE: file('redis://host'),
      }),
    ).toMatchObject({
      ok: true,
      config: {
        withings: { clientSecret: 'from a file' },
        partnerApiKey: [...SECRET].reverse().join(''),
        redisUrl: 'redis://host',
      },
    });
    const [fault, ...more] = told({ PARTNER_API_KEY_FILE: file('hunter2') });
    expect(fault).toMatch(/^PARTNER_API_KEY must be at least 32/);
    expect([fault, ...more].join()).not.toContain('hunter2');
  });

  test.each([
    ['both forms at once', { SESSION_SECRET: SECRET, SESSION_SECRET_FILE: '/x' }, 'are both set'],
    ['no such file', { SESSION_SECRET_FILE: '/nowhere/secret' }, 'the file cannot be read (ENOENT)'],
    ['an empty file', { SESSION_SECRET_FILE: '/dev/null' }, 'the file is empty'],
    ['a folder', { SESSION_SECRET_FILE: '/' }, 'the file cannot be read (EISDIR)'],
  ])('%s is a fault by name, and the only one', (_what, env, words) => {
    const { SESSION_SECRET: _, ...rest } = REAL;
    const faults = told({ ...rest, ...env });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^SESSION_SECRET/);
    expect(faults[0]).toContain(words);
  });

  test.each([
    ['bytes', Buffer.alloc(48, 0xf1), 'is no text'],
    ['a letter that is none', `${SECRET}\0`, 'is no text'],
    ['quotes', `"${SECRET}"\n`, 'has quotes'],
  ])('%s in it are a fault, and are not repeated', (_what, content, words) => {
    const { SESSION_SECRET: _, ...rest } = REAL;
    const faults = told({ ...rest, SESSION_SECRET_FILE: file(content) });
    expect(faults).toEqual([expect.stringContaining(`SESSION_SECRET_FILE: the file ${words}`)]);
    expect(faults.join()).not.toContain(SECRET);
  });

  test('a secret in place of the path is not repeated, here or where a store is copied', () => {
    const url = 'redis://:hunter2@host';
    expect(told({ SESSION_SECRET: SECRET, REDIS_URL_FILE: url }).join()).toMatch(/^REDIS_URL_FILE: [^2]+$/);
    for (const name of ['REDIS_URL', 'REDIS_URL_FILE']) {
      expect(() => findStore(name, { REDIS_URL_FILE: url }, '')).toThrow(/^REDIS_URL_FILE: [^2]+$/);
    }
  });

  test('more than one line is a fault, and none of them is repeated', () => {
    const faults = told({ PARTNER_API_KEY_FILE: file('one-line\nanother') }).join();
    expect(faults).toContain('more than one line');
    expect(faults).not.toMatch(/one-line|another/);
  });
});

test('quotes that docker --env-file has kept are refused by name, and that is all that is said', () => {
  expect(told({ PORT: '"8080"', LOG_LEVEL: "'debug'" })).toEqual([
    expect.stringMatching(/^PORT is in quotes/),
    expect.stringMatching(/^LOG_LEVEL is in quotes/),
  ]);
  const secret = told({ ...REAL, SESSION_SECRET: `"${SECRET}"` });
  expect(secret).toEqual([expect.stringMatching(/^SESSION_SECRET is in quotes/)]);
  expect(secret.join()).not.toContain(SECRET);
  expect(told({ PS1: '"$"', PORT: '8080' })).toEqual([]);
});

test.each(['id # of the shop', '"id', 'id"', '“id”', 'i\u200bd'])(
  '%s is no id: what came along with it is told',
  (id) => {
    expect(told({ ...REAL, WITHINGS_CLIENT_ID: id })).toEqual([
      expect.stringMatching(/^WITHINGS_CLIENT_ID must be as the dashboard/),
    ]);
  },
);

test.each([
  '$\u007BSESSION_SECRET_OF_PRODUCTION_IN_THE_VAULT}',
  '$SESSION_SECRET_OF_PRODUCTION_IN_THE_VAULT',
  '$(cat /run/secrets/session-secret-of-production)',
  '{{ .Values.session.secret.of.production }}',
])('%s is no secret: nobody has replaced it', (secret) => {
  const expected = [expect.stringMatching(/^SESSION_SECRET is a placeholder/)];
  const { SESSION_SECRET: _, ...rest } = REAL;
  expect(told({ ...rest, SESSION_SECRET: secret })).toEqual(expected);
  expect(told({ ...rest, SESSION_SECRET_FILE: file(secret) })).toEqual(expected);
});

test('a ~ is no home here: it would be a folder of that name', () => {
  expect(told({ DATA_DIR: '~/data' })).toEqual([expect.stringMatching(/^DATA_DIR must be a path/)]);
});

describe('.env', () => {
  test.each([
    ['UTF-8', Buffer.from('LOG_LEVEL="debug"\n')],
    ['UTF-8 with a mark', Buffer.from('\uFEFFLOG_LEVEL=debug\n')],
    ['UTF-16', Buffer.from('\uFEFFLOG_LEVEL=debug\r\n', 'utf16le')],
    ['UTF-16 without a mark', Buffer.from('LOG_LEVEL=debug\r\n', 'utf16le')],
    ['UTF-16 the other way round', Buffer.from('\uFEFFLOG_LEVEL=debug\r\n', 'utf16le').swap16()],
    ['the same without a mark', Buffer.from('LOG_LEVEL=debug\r\n', 'utf16le').swap16()],
  ])('%s', (_what, bytes) => {
    expect(readEnvironment(file(bytes)).LOG_LEVEL).toBe('debug');
  });

  test('one that cannot be read is named', () => {
    const dir = join(tempDir(), '.env');
    mkdirSync(dir);
    expect(() => readEnvironment(dir)).toThrow(`${dir} cannot be read (EISDIR).`);
  });
});
