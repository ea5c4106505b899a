import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { settings } from '../src/config/settings.ts';
import { variableNames } from '../src/config/variables.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** Which folder may import which; `main` is the one file that lies in src itself. */
const ARROWS: Record<string, string[]> = {
  main: ['config', 'operations', 'server'],
  commands: ['config', 'operations', 'problems', 'sandbox', 'server', 'store', 'web', 'withings'],
  server: [
    'config',
    'connect',
    'dashboard',
    'operations',
    'partner',
    'problems',
    'sandbox',
    'session',
    'store',
    'tokens',
    'web',
    'webhooks',
    'withings',
  ],
  embed: ['config', 'connect', 'operations', 'problems', 'session', 'store', 'tokens', 'web', 'withings'],
  config: ['withings'],
  connect: ['operations', 'problems', 'session', 'store', 'tokens', 'web', 'withings'],
  dashboard: ['problems', 'scheduling', 'session', 'store', 'tokens', 'web', 'withings'],
  partner: ['operations', 'problems', 'session', 'store', 'tokens', 'web', 'withings'],
  webhooks: ['config', 'operations', 'problems', 'scheduling', 'store', 'tokens', 'web', 'withings'],
  tokens: ['config', 'operations', 'problems', 'scheduling', 'store', 'withings'],
  scheduling: [],
  session: ['store'],
  store: [],
  withings: [],
  problems: ['operations', 'store', 'withings'],
  web: ['problems'],
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
  const rooms = [...text.matchAll(/(?:from|import|import\() ?'(\.[^']+)'/g)].map(([, path = '']) =>
    roomOf(resolve(dirname(file), path)),
  );
  const strangers = rooms.filter((room) => room !== roomOf(file) && !ARROWS[roomOf(file)]?.includes(room));
  expect(strangers).toEqual([]);
});

describe('one place for each thing', () => {
  const offenders = (pattern: RegExp, except: RegExp) =>
    sources.filter(({ name, text }) => pattern.test(text) && !except.test(name)).map(({ name }) => name);

  test('the environment is read in config.ts', () => {
    expect(offenders(/process\.env/, /^src\/config\//)).toEqual([]);
  });

  test('time comes in from main.ts', () => {
    expect(
      offenders(
        /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b/,
        /^src\/(main\.ts|embed\/index\.ts|commands\/)/,
      ),
    ).toEqual([]);
  });

  test('axios is known to withings/http.ts alone', () => {
    expect(offenders(/from 'axios'/, /^src\/withings\/http\.ts$/)).toEqual([]);
  });

  test('libsql is known to the database files alone', () => {
    expect(offenders(/from 'libsql'/, /\/database\.ts$/)).toEqual([]);
  });

  test('the Redis client is known to store/redis/client.ts alone', () => {
    expect(offenders(/from '@redis\/client'/, /\/redis\/client\.ts$/)).toEqual([]);
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
  expect(named.sort()).toEqual(variableNames(settings).sort());
});

test('the README stays short and names every setting', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(readme.split('\n').length).toBeLessThan(250);
  expect(variableNames(settings).filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});

test('no script leans on another by its name: installs run no scripts here, and then npm skips those too', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toContain('ignore-scripts=true');
  // `prepare` alone may stay: it builds where npm fetches this repository as a package.
  expect(Object.keys(scripts).filter((name) => /^(pre|post)/.test(name))).toEqual(['prepare']);
});
