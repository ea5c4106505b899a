import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { settings } from '../src/settings.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** Which folder may import which. A file at the top of src is a room of its own. */
const ARROWS: Record<string, string[]> = {
  main: ['config', 'operations', 'server'],
  'sandbox-alone': ['config', 'operations', 'sandbox', 'settings', 'web'],
  'demo-token': ['config', 'web', 'withings'],
  'migrate-store': ['config', 'session', 'storing'],
  server: [
    'app',
    'config',
    'connect',
    'dashboard',
    'keeping',
    'listening',
    'operations',
    'partner',
    'sandbox',
    'session',
    'storing',
    'tokens',
    'web',
  ],
  index: ['embedding', 'embedding-options', 'session', 'tokens', 'web', 'withings'],
  embedding: [
    'connect',
    'embedding-options',
    'keeping',
    'operations',
    'session',
    'tokens',
    'web',
    'withings',
  ],
  'embedding-options': ['config', 'keeping', 'operations', 'session'],
  keeping: ['config', 'operations', 'pacing', 'session', 'tokens', 'web', 'withings'],
  pacing: ['session', 'withings'],
  storing: ['config', 'keeping', 'session'],
  listening: ['config', 'keeping', 'operations', 'session', 'tokens', 'webhooks'],
  app: [
    'config',
    'connect',
    'dashboard',
    'operations',
    'partner',
    'session',
    'tokens',
    'web',
    'webhooks',
    'withings',
  ],
  config: ['settings'],
  settings: ['withings'],
  connect: ['operations', 'session', 'tokens', 'web', 'withings'],
  dashboard: ['session', 'tokens', 'web', 'withings'],
  partner: ['operations', 'session', 'tokens', 'web', 'withings'],
  tokens: ['session', 'withings'],
  session: [],
  webhooks: ['session', 'tokens', 'web', 'withings'],
  web: ['operations', 'session', 'withings'],
  withings: [],
  operations: [],
  sandbox: [],
};

const files = (folder: string, ending: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ name: join(folder, name), text: readFileSync(join(ROOT, folder, name), 'utf8') }));

const sources = files('src', '.ts');

function roomOf(file: string): string {
  const [first = ''] = relative(SRC, file).split('/');
  return first.replace(/\.ts$/, '');
}

test.each(sources)('$name imports only what its room may', ({ name, text }) => {
  const file = join(ROOT, name);
  const rooms = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) =>
    roomOf(resolve(dirname(file), path)),
  );
  const strangers = rooms.filter((room) => room !== roomOf(file) && !ARROWS[roomOf(file)]?.includes(room));
  expect(strangers).toEqual([]);
});

describe('one place for each thing', () => {
  const offenders = (pattern: RegExp, except: RegExp) =>
    sources.filter(({ name, text }) => pattern.test(text) && !except.test(name)).map(({ name }) => name);

  test('the environment is read in config.ts', () => {
    expect(offenders(/process\.env/, /^src\/config\.ts$/)).toEqual([]);
  });

  test('time comes in from main.ts', () => {
    expect(
      offenders(
        /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b/,
        /^src\/(main|index|sandbox-alone|demo-token|migrate-store)\.ts$/,
      ),
    ).toEqual([]);
  });

  test('axios is known to withings/http.ts alone', () => {
    expect(offenders(/from 'axios'/, /^src\/withings\/http\.ts$/)).toEqual([]);
  });

  test('libsql is known to the database files alone', () => {
    expect(offenders(/from 'libsql'/, /\/database\.ts$/)).toEqual([]);
  });

  test('the Redis client is known to session/redis/line.ts alone', () => {
    expect(offenders(/from '@redis\/client'/, /\/redis\/line\.ts$/)).toEqual([]);
  });

  test('no folder is a drawer for whatever does not fit', () => {
    const names = readdirSync(SRC, { recursive: true, encoding: 'utf8' });
    expect(
      names.filter((name) => /(^|\/)(utils?|helpers?|common|lib|services|types|misc)(\/|\.ts|$)/.test(name)),
    ).toEqual([]);
  });
});

test.each(files('views', '.ejs'))('$name escapes everything it prints', ({ text }) => {
  expect([...text.matchAll(/<%-(?!\s*include\()/g)]).toEqual([]);
});

test('.env.example names every setting, and no other', () => {
  const example = readFileSync(join(ROOT, '.env.example'), 'utf8');
  const named = [...example.matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(Object.keys(settings.shape).sort());
});

test('the README stays short and names every setting', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(readme.split('\n').length).toBeLessThan(250);
  expect(Object.keys(settings.shape).filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});

test('no script leans on another by its name: installs run no scripts here, and then npm skips those too', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toContain('ignore-scripts=true');
  // `prepare` alone may stay: it builds where npm fetches this repository as a package.
  expect(Object.keys(scripts).filter((name) => /^(pre|post)/.test(name))).toEqual(['prepare']);
});
