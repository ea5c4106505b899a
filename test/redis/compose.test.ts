import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/config.ts';
import { variableNames } from '../../src/config/environment.ts';
import { settings } from '../../src/config/settings.ts';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { atEnd } from '../support/machine.ts';
import { startRedis } from './server.ts';

const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
const REDIS_PASSWORD = '0123456789abcdef';

interface Service {
  env_file?: { path: string; required: boolean }[];
  mem_limit?: string;
  logging?: { driver: string; options: Record<string, string> };
  environment?: Record<string, string>;
  command?: string[];
  stop_grace_period?: string;
  profiles?: string[];
  depends_on?: Record<string, object>;
}

/** An innermost `${…}`, which is none of another program's: `$${…}`. */
const VARIABLE = /(?<!\$)\$\{(\w+)(?:(:?[-?+])([^{}]*))?\}/g;

/** The file as `docker compose` reads it with these variables set. */
function compose(variables: Record<string, string>) {
  const once = (text: string) =>
    text.replace(VARIABLE, (_whole, name: string, how = '-', words = '') => {
      const value = variables[name];
      const isThere = value !== undefined && (value !== '' || !how.startsWith(':'));
      if (how.endsWith('+')) return isThere ? words : '';
      if (isThere) return value;
      if (how.endsWith('?')) throw new Error(`${name}: ${words}`);
      return words;
    });
  const text = readFileSync(join(import.meta.dirname, '../../compose.yaml'), 'utf8');
  return parse(once(once(text)), { merge: true }) as {
    services: Record<string, Service>;
    configs: Record<string, { content: string }>;
  };
}

test('both instances are one configuration, which the program accepts, with the sandbox and with a real application', () => {
  expect(() => compose({ REDIS_PASSWORD })).toThrow('SESSION_SECRET');
  const cases: [Record<string, string>, object][] = [
    [
      { SESSION_SECRET: SECRET, REDIS_PASSWORD },
      {
        publicUrl: 'https://localhost',
        withings: { apiUrl: 'http://sandbox:4000/' },
        redisUrl: `redis://:${REDIS_PASSWORD}@redis:6379`,
      },
    ],
    [
      {
        SESSION_SECRET: SECRET,
        POSTGRES_PASSWORD: 'fedcba9876543210',
        PUBLIC_URL: 'https://health.example.com',
        WITHINGS_CLIENT_ID: 'real',
        WITHINGS_CLIENT_SECRET: 'secret',
        WITHINGS_API_URL: '',
        WITHINGS_AUTHORIZE_URL: '',
      },
      {
        publicUrl: 'https://health.example.com',
        withings: { apiUrl: 'https://wbsapi.withings.net/' },
        databaseUrl: 'postgres://connect:fedcba9876543210@postgres:5432/connect',
      },
    ],
  ];
  for (const [variables, expected] of cases) {
    const { services } = compose(variables);
    const env = services['app-1']?.environment ?? {};
    expect(services['app-2']).toEqual(services['app-1']);
    for (const name of Object.keys(env)) expect(variableNames(settings)).toContain(name);
    expect(readConfig(env)).toMatchObject({
      ok: true,
      config: { trustProxy: 1, ...expected },
    });
  }
});

test('a store is started with its own profile, waited for where it is, and never replaced by one each', () => {
  const { services } = compose({ SESSION_SECRET: SECRET });
  const app = services['app-1'];
  for (const store of ['postgres', 'redis']) {
    expect(services[store]?.profiles).toEqual([store]);
    expect(app?.depends_on?.[store]).toEqual({ condition: 'service_healthy', required: false });
  }
  expect(app).toMatchObject({ read_only: true, environment: { DATA_DIR: '/none' } });
  expect(app?.environment).toMatchObject({ DATABASE_URL: '', REDIS_URL: '' });
});

test('every setting of .env is passed on; no service fills the disk with its log or takes all memory', () => {
  const { services } = compose({ SESSION_SECRET: SECRET, REDIS_PASSWORD });
  expect(services['app-1']?.env_file).toEqual([{ path: '.env', required: false }]);
  for (const { mem_limit, logging } of Object.values(services)) {
    expect(mem_limit).toMatch(/^\d+[mg]$/);
    expect(logging).toMatchObject({ driver: 'local', options: { 'max-size': expect.any(String) } });
  }
});

test('its Redis keeps what it is given', async () => {
  const [, ...settingsOfRedis] =
    compose({ SESSION_SECRET: SECRET, REDIS_PASSWORD }).services.redis?.command ?? [];
  const { url } = await startRedis(settingsOfRedis.map(String));
  const inside = url.replace('//', `//:${REDIS_PASSWORD}@`);
  const encryption = createEncryption(deriveKeys([SECRET]).seal);
  const { store, durability } = await openRedisStore({ url: inside, encryption, tag: 'test', now: Date.now });
  atEnd(() => store.close());
  await expect(openRedisStore({ url, encryption, tag: 'test', now: Date.now })).rejects.toMatchObject({
    reply: 'NOAUTH',
  });
  expect(durability).toContain('every change is on disk before it is used');
});

test('its proxy knows both instances, and asks the path that says when one is about to stop', () => {
  const { services, configs } = compose({ SESSION_SECRET: SECRET, REDIS_PASSWORD });
  const proxy = configs.caddyfile?.content ?? '';
  for (const name of Object.keys(services).filter((each) => each.startsWith('app-')))
    expect(proxy).toContain(`${name}:3000`);
  expect(proxy).toContain('health_uri /readyz');
  const app = services['app-1'];
  const delay = Number(app?.environment?.SHUTDOWN_DELAY_SECONDS);
  expect(delay).toBeGreaterThan(Number(/health_interval (\d+)s/.exec(proxy)?.[1]));
  expect(Number.parseInt(app?.stop_grace_period ?? '', 10)).toBeGreaterThan(delay + 9);
});
