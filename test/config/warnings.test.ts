import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';

const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
const REAL = {
  WITHINGS_CLIENT_ID: 'id',
  WITHINGS_CLIENT_SECRET: 'secret',
  SESSION_SECRET: SECRET,
  PUBLIC_URL: 'https://health.example.com',
};

function warnings(env: Record<string, string | undefined>): string[] {
  const result = readConfig(env);
  if (!result.ok) throw new Error(result.faults.join('\n'));
  return result.warnings;
}

describe('names that were meant for us', () => {
  test.each([
    ['WITHINGS_CLIENTID', 'WITHINGS_CLIENT_ID'],
    ['WITHING_CLIENT_ID', 'WITHINGS_CLIENT_ID'],
    ['withings_client_id', 'WITHINGS_CLIENT_ID'],
    ['WITHINGS_CLIENT_SECRETS_FILE', 'WITHINGS_CLIENT_SECRET_FILE'],
    ['WITHINGS_API_URI', 'WITHINGS_API_URL'],
    ['WITHINGS_CALLS_A_MINUTE', 'WITHINGS_CALLS_PER_MINUTE'],
    ['SESSION_SECRETS', 'SESSION_SECRET'],
    ['PUBLIC_URI', 'PUBLIC_URL'],
    ['DATADIR', 'DATA_DIR'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['TRUSTED_PROXY', 'TRUST_PROXY'],
    ['SANDBOX_PORTS', 'SANDBOX_PORT'],
    ['withings.client.id', 'WITHINGS_CLIENT_ID'],
    ['MY_WITHINGS_CLIENT_ID', 'WITHINGS_CLIENT_ID'],
    ['OPERATER_KEY_FILE', 'OPERATOR_KEY_FILE'],
    ['PUBLIC_URL_FILE', 'PUBLIC_URL'],
    ['WITHINGS_CLIENT_ID_FILE', 'WITHINGS_CLIENT_ID'],
    ['port', 'PORT'],
  ])('%s: did you mean %s?', (name, nearest) => {
    expect(warnings({ [name]: 'x' })).toEqual([
      `${name} is no setting of this program: did you mean ${nearest}?`,
    ]);
  });

  test('a number in METRIC_PORT is no address of a service called metric', () => {
    expect(warnings({ METRIC_PORT: '9100' })).toEqual([
      expect.stringMatching(/did you mean METRICS_PORT\?$/),
    ]);
    expect(warnings({ METRIC_PORT: 'tcp://10.0.0.7:9100', REDIS_PORT: '6379' })).toEqual([]);
  });

  test('a name of Withings is told, whatever is near to it and set already', () => {
    for (const name of [
      'WITHINGS_REDIRECT_URI',
      'withings_callback',
      'WITHINGS_CLIENTID',
      'X_WITHINGS_TOKEN',
    ]) {
      expect(warnings({ ...REAL, [name]: 'x' })).toEqual([`${name} is no setting of this program.`]);
    }
  });

  test('they are told beside faults as well, which may come of them', () => {
    const result = readConfig({ WITHINGS_CLIENT_ID: 'id', WITHINGS_CLIENTSECRET: 'hunter2' });
    const faults = result.ok ? '' : result.faults.join('\n');
    expect(faults).toContain('did you mean WITHINGS_CLIENT_SECRET?');
    expect(faults).not.toContain('hunter2');
  });

  test.each([
    'SESSION_MANAGER',
    'SESSION_TOKEN',
    'REDIS_PORT',
    'REDIS_HOST',
    'REDIS_TLS_URL',
    'REDIS_SERVICE_HOST',
    'HOSTNAME',
    'HOSTTYPE',
    'POST',
    'SORT',
    'PATH',
    'XDG_DATA_DIRS',
    'NODE_ENV',
    'npm_config_loglevel',
    'WITHINGS_SERVICE_HOST',
    'WITHINGS_CONNECT_SERVICE_PORT_HTTP',
    'WITHINGS_PORT',
    'WITHINGS_PORT_443_TCP_ADDR',
    'METRICS_PORT_9090_TCP',
  ])('%s is somebody else’s', (name) => {
    expect(warnings({ [name]: 'x' })).toEqual([]);
  });

  test('the right name beside it says that the other one is not ours', () => {
    expect(warnings({ REDIS_URI: 'x', REDIS_URL: 'redis://host', SESSION_SECRET: SECRET })).toEqual([]);
  });

  test('none of .env.example', () => {
    const example = readFileSync(join(import.meta.dirname, '../../.env.example'), 'utf8');
    const names = [...example.matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map(([, name = '']) => name);
    for (const name of names) {
      const result = readConfig({ [name]: 'x' });
      expect(result.ok ? result.warnings : result.faults).not.toContainEqual(
        expect.stringContaining('did you mean'),
      );
    }
  });
});

test('what this program does not use does not stop it: a Kubernetes service called sandbox', () => {
  expect(warnings({ SANDBOX_PORT: 'tcp://10.0.0.7:4000', SANDBOX_SERVICE_HOST: '10.0.0.7' })).toEqual([]);
});

test('a Kubernetes service called metrics does not stop it, is told, and opens no listener', () => {
  const linked = { METRICS_PORT: 'tcp://10.0.0.7:9100', METRICS_SERVICE_HOST: '10.0.0.7' };
  const result = readConfig(linked);
  expect(result.ok && result.config.metricsPort).toBeNull();
  expect(warnings(linked)).toEqual([expect.stringMatching(/^METRICS_PORT is tcp:.*taken as not set/)]);
  for (const METRICS_PORT of ['tcp://10.0.0.7', '9100x', 'http://10.0.0.7:9100']) {
    expect(readConfig({ METRICS_PORT }).ok).toBe(false);
  }
  expect(readConfig({ PUBLIC_URL: 'tcp://10.0.0.7:80' }).ok).toBe(false);
});

test('metrics want a port of their own', () => {
  for (const env of [{ METRICS_PORT: '3000' }, { PORT: '9100', METRICS_PORT: '9100' }]) {
    const result = readConfig(env);
    expect(result.ok ? [] : result.faults).toEqual(['METRICS_PORT must be another one than PORT.']);
  }
  expect(readConfig({ PORT: '3001', METRICS_PORT: '3000' }).ok).toBe(true);
});

test('a public address without credentials is the sandbox, said loudly', () => {
  const [warning] = warnings({ PUBLIC_URL: 'https://health.example.com' });
  expect(warning).toMatch(/WITHINGS_CLIENT_ID is not set.*https:\/\/health\.example\.com.*SANDBOX/);
  expect(warnings({ PUBLIC_URL: 'http://localhost:8080' })).toEqual([]);
  expect(warnings(REAL)).toEqual([]);
});

describe('a callback that Withings does not register', () => {
  test.each([
    ['https://health.example.com:8443', 'port 443 or 80'],
    ['https://203.0.113.7', 'a host name'],
    ['https://[2001:db8::7]', 'a host name'],
    ['https://health', 'a host name'],
    ['https://health.local', 'a host name'],
    ['https://app.default.svc.cluster.local', 'a host name'],
    ['https://health.internal', 'a host name'],
    ['https://*.example.com', 'a host name'],
    ['https://my_health.example.com', 'a host name'],
    ['https://health..example.com', 'a host name'],
    ['http://localhost:3000', 'an https address'],
    [undefined, 'an https address'],
  ])('%s', (url, words) => {
    const [warning, ...more] = warnings({ ...REAL, PUBLIC_URL: url });
    expect(warning).toMatch(/^PUBLIC_URL is http/);
    expect(warning).toContain(words);
    expect(more).toEqual([]);
  });

  test('a sandbox registers any', () => {
    const sandbox = {
      WITHINGS_API_URL: 'http://127.0.0.1:4000/',
      WITHINGS_AUTHORIZE_URL: 'http://127.0.0.1:4000/a',
    };
    expect(warnings({ ...REAL, ...sandbox, PUBLIC_URL: 'http://localhost:3000' })).toEqual([]);
  });
});
