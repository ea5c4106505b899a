import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';

const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
const OTHER = [...SECRET].reverse().join('');
const REAL = { WITHINGS_CLIENT_ID: 'id', WITHINGS_CLIENT_SECRET: 'secret', SESSION_SECRET: SECRET };

function accepted(env: Record<string, string | undefined>) {
  const result = readConfig(env);
  if (!result.ok) throw new Error(result.faults.join('\n'));
  return result.config;
}

function faults(env: Record<string, string | undefined>): string[] {
  const result = readConfig(env);
  return result.ok ? [] : result.faults;
}

describe('nothing set', () => {
  const config = accepted({});

  test('is the sandbox on localhost', () => {
    expect(config).toMatchObject({ port: 3000, host: '0.0.0.0', publicUrl: 'http://localhost:3000' });
    expect(config.withings).toMatchObject({
      sandbox: true,
      clientId: 'sandbox',
      authorizeUrl: 'http://localhost:3000/sandbox/oauth2_user/authorize2',
      apiUrl: 'http://127.0.0.1:3000/sandbox/',
    });
  });

  test('an empty value counts as not set', () => {
    expect(accepted({ PORT: ' ', WITHINGS_CLIENT_ID: '', WITHINGS_CLIENT_SECRET: '' })).toEqual(config);
  });
});

test('real credentials mean the real Withings', () => {
  expect(accepted(REAL).withings).toMatchObject({
    sandbox: false,
    authorizeUrl: 'https://account.withings.com/oauth2_user/authorize2',
    apiUrl: 'https://wbsapi.withings.net/',
  });
});

describe('the issuer', () => {
  const issuer = (env: Record<string, string>) => accepted({ ...REAL, ...env }).withings.issuer;
  const at = (url: string) => ({
    WITHINGS_API_URL: url,
    WITHINGS_AUTHORIZE_URL: 'https://a.example/authorize',
  });

  test.each([
    ['the cloud of the world', {}, 'eu'],
    ['the cloud of the United States', { WITHINGS_CLOUD: 'us' }, 'us'],
    ['a cloud that is named by its address', at('https://WBSAPI.withings.net:443/'), 'eu'],
    ['any other address, without its path', at('https://Far.example:8443/base/'), 'https://far.example:8443'],
    ['a gateway', { ...at('https://far.example/'), WITHINGS_ISSUER: 'us' }, 'us'],
  ])('%s', (_what, env, expected) => {
    expect(issuer(env)).toBe(expected);
  });

  test('the embedded sandbox is one whatever its port', () => {
    expect(accepted({ PORT: '3001' }).withings.issuer).toBe('sandbox');
  });
});

test('the US cloud has its own hosts', () => {
  expect(accepted({ ...REAL, WITHINGS_CLOUD: 'us' }).withings).toMatchObject({
    authorizeUrl: 'https://account.us.withingsmed.com/oauth2_user/authorize2',
    apiUrl: 'https://wbsapi.us.withingsmed.net/',
  });
});

test.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000'])(
  '%s needs no TLS',
  (url) => {
    expect(accepted({ ...REAL, PUBLIC_URL: url }).publicUrl).toBe(url);
  },
);

test('a sandbox of its own may be anywhere', () => {
  const env = {
    WITHINGS_API_URL: 'http://sandbox:4000/',
    WITHINGS_AUTHORIZE_URL: 'http://sandbox:4000/oauth2_user/authorize2',
  };
  expect(accepted({ ...REAL, ...env, WITHINGS_CLIENT_ID: 'sandbox' }).withings).toMatchObject({
    apiUrl: env.WITHINGS_API_URL,
    authorizeUrl: env.WITHINGS_AUTHORIZE_URL,
  });
});

test.each([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '127.0.0.1'],
  ['::1', '[::1]'],
  ['10.1.2.3', '10.1.2.3'],
])('listening on %s, the sandbox inside is reached at %s', (host, address) => {
  expect(accepted({ HOST: host }).withings.apiUrl).toBe(`http://${address}:3000/sandbox/`);
});

test('invented people and real ones never share a place', () => {
  expect(accepted({ DATA_DIR: '/data' })).toMatchObject({
    dataDir: '/data/sandbox',
    storeTag: 'withings-connect-sandbox',
  });
  expect(accepted({ ...REAL, DATA_DIR: '/data' })).toMatchObject({
    dataDir: '/data',
    storeTag: 'withings-connect',
  });
});

test('several session secrets: newest first, spaces around commas allowed', () => {
  expect(accepted({ SESSION_SECRET: `${SECRET} , ${OTHER}` }).sessionSecrets).toEqual([SECRET, OTHER]);
});

test('a trailing slash of PUBLIC_URL does not double', () => {
  expect(accepted({ PUBLIC_URL: 'https://health.example/' }).publicUrl).toBe('https://health.example');
});

test.each([
  ['PORT', '0'],
  ['PORT', '-1'],
  ['PORT', '70000'],
  ['PORT', 'abc'],
  ['PORT', '1e3'],
  ['HOST', 'a b'],
  ['PUBLIC_URL', 'health.example'],
  ['PUBLIC_URL', 'https://health.example/app'],
  ['PUBLIC_URL', 'https://health.example/?a=b'],
  ['PUBLIC_URL', 'https://user:pass@health.example'],
  ['PUBLIC_URL', 'ftp://health.example'],
  ['WITHINGS_SCOPE', 'user.info user.metrics'],
  ['WITHINGS_CLOUD', 'moon'],
  ['WITHINGS_CLOUD', '__proto__'],
  ['WITHINGS_AUTH', 'basic'],
  ['WITHINGS_TIMEOUT_MS', '0'],
  ['WITHINGS_TIMEOUT_MS', 'Infinity'],
  ['REFRESH_MARGIN_SECONDS', '-5'],
  ['SESSION_SECRET', 'short'],
  ['SESSION_SECRET', SECRET.slice(1)],
  ['SESSION_SECRET', 'a'.repeat(40)],
  ['SESSION_SECRET', `${SECRET},short`],
  ['SESSION_SECRET', `${SECRET},${SECRET}`],
  ['SESSION_SECRET', 'changeme-changeme-changeme-1234567890'],
  ['PARTNER_API_KEY', 'short'],
  ['PARTNER_API_KEY', 'a'.repeat(32)],
  ['PARTNER_API_KEY', `${SECRET} `.repeat(2)],
  ['SHUTDOWN_DELAY_SECONDS', '61'],
  ['SHUTDOWN_DELAY_SECONDS', '1.5'],
  ['SESSION_IDLE_DAYS', '0'],
  ['SESSION_MAX_DAYS', '1000'],
  ['TRUST_PROXY', 'true'],
  ['LOG_LEVEL', 'loud'],
])('%s=%s is refused by name', (name, value) => {
  const found = faults({ [name]: value });
  expect(found.length).toBeGreaterThan(0);
  expect(found.every((fault) => fault.startsWith(name))).toBe(true);
});

test.each([
  ['an id without a secret', { WITHINGS_CLIENT_ID: 'id', SESSION_SECRET: SECRET }, 'WITHINGS_CLIENT_SECRET'],
  ['a secret without an id', { WITHINGS_CLIENT_SECRET: 's', SESSION_SECRET: SECRET }, 'WITHINGS_CLIENT_ID'],
  ['a real client without a session secret', { ...REAL, SESSION_SECRET: undefined }, 'SESSION_SECRET'],
  ['the sandbox client at the real Withings', { ...REAL, WITHINGS_CLIENT_ID: 'sandbox' }, 'WITHINGS_API_URL'],
  ['other hosts without a client', { WITHINGS_API_URL: 'http://127.0.0.1:4000/' }, 'WITHINGS_CLIENT_ID'],
  ['a list of session secrets with nothing in it', { ...REAL, SESSION_SECRET: ' , ' }, 'SESSION_SECRET'],
  ['the client secret as session secret', { ...REAL, WITHINGS_CLIENT_SECRET: SECRET }, 'SESSION_SECRET'],
  [
    'the client secret as the partner’s key',
    { ...REAL, WITHINGS_CLIENT_SECRET: OTHER, PARTNER_API_KEY: OTHER },
    'PARTNER_API_KEY',
  ],
  [
    'a session secret as the partner’s key',
    { SESSION_SECRET: `${SECRET},${OTHER}`, PARTNER_API_KEY: OTHER },
    'PARTNER_API_KEY',
  ],
  ['a public address without TLS', { ...REAL, PUBLIC_URL: 'http://health.example' }, 'PUBLIC_URL'],
  ['an API without TLS', { ...REAL, WITHINGS_API_URL: 'http://evil.example/' }, 'WITHINGS_API_URL'],
  [
    'an authorize page without TLS',
    { ...REAL, WITHINGS_AUTHORIZE_URL: 'http://evil.example/a' },
    'WITHINGS_AUTHORIZE_URL',
  ],
  ['unchecked TLS', { ...REAL, NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'NODE_TLS_REJECT_UNAUTHORIZED'],
  [
    'an API address without a slash at its end',
    { ...REAL, WITHINGS_API_URL: 'https://h/api' },
    'WITHINGS_API_URL',
  ],
  ['a gateway without an address', { ...REAL, WITHINGS_ISSUER: 'eu' }, 'WITHINGS_ISSUER'],
  [
    'a sandbox that passes for the real one',
    {
      ...{ WITHINGS_CLIENT_ID: 'sandbox', WITHINGS_CLIENT_SECRET: 'sandbox-secret', SESSION_SECRET: SECRET },
      ...{ WITHINGS_API_URL: 'http://127.0.0.1:4000/', WITHINGS_ISSUER: 'eu' },
    },
    'WITHINGS_ISSUER',
  ],
  ['Redis without a secret that all instances share', { REDIS_URL: 'redis://127.0.0.1' }, 'SESSION_SECRET'],
  ['another kind of Redis address', { ...REAL, REDIS_URL: 'sentinel://127.0.0.1' }, 'REDIS_URL'],
  ['a Redis nowhere', { ...REAL, REDIS_URL: 'redis:///0' }, 'REDIS_URL'],
  ['Redis over HTTP', { ...REAL, REDIS_URL: 'http://127.0.0.1:6379' }, 'REDIS_URL'],
  ['an address of Redis with options', { ...REAL, REDIS_URL: 'redis://127.0.0.1/0?tls=no' }, 'REDIS_URL'],
  ['a database of Redis by name', { ...REAL, REDIS_URL: 'redis://127.0.0.1/first' }, 'REDIS_URL'],
  ...['p%zz', 'p@ss', 'p/ss', 'p#ss', 'p?ss', 'p:ss', '100%'].map(
    (password): [string, Record<string, string>, string] => [
      `a password of Redis that is not encoded (${password})`,
      { ...REAL, REDIS_URL: `redis://user:${password}@host:6379` },
      'REDIS_URL has a user or a password that is not encoded',
    ],
  ),
  ...['ssl_mode=verify-full', 'sslMode=verify-full', 'sslmode=verify_full', 'ssl=on', 'tls=true'].map(
    (parameter): [string, Record<string, string>, string] => [
      `a parameter of TLS that means nothing (${parameter})`,
      { ...REAL, DATABASE_URL: `postgres://host/database?${parameter}` },
      'DATABASE_URL has a parameter of TLS',
    ],
  ),
  [
    'a password of PostgreSQL that is not encoded',
    { ...REAL, DATABASE_URL: 'postgres://user:p@ss@host/database' },
    'DATABASE_URL has a user or a password that is not encoded',
  ],
  [
    'an authorize page with a query',
    { ...REAL, WITHINGS_AUTHORIZE_URL: 'https://h/a?b=c' },
    'WITHINGS_AUTHORIZE_URL',
  ],
  ['an API address with a query', { ...REAL, WITHINGS_API_URL: 'https://h/api/?b=c/' }, 'WITHINGS_API_URL'],
  ['no calls at all', { WITHINGS_CALLS_PER_MINUTE: '0' }, 'WITHINGS_CALLS_PER_MINUTE'],
])('%s is refused', (_words, env, named) => {
  expect(faults(env).join()).toContain(named);
});

test('what is wrong with one address is told in one fault', () => {
  expect(faults({ ...REAL, REDIS_URL: 'redis://user:p#ss@host' })).toHaveLength(1);
});

test('all faults are told at once, and no value of a secret with them', () => {
  const found = faults({
    PORT: 'abc',
    WITHINGS_CLIENT_ID: 'id',
    SESSION_SECRET: 'hunter2',
    LOG_LEVEL: 'loud',
  }).join('\n');
  for (const name of ['PORT', 'WITHINGS_CLIENT_SECRET', 'SESSION_SECRET', 'LOG_LEVEL'])
    expect(found).toContain(name);
  expect(found).not.toContain('hunter2');
});
