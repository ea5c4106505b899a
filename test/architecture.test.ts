import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** Which folder may import which; a file's name allows that file alone. `main` is the one file that lies in src itself. */
const ARROWS: Record<string, string[]> = {
  main: ['config', 'operations', 'server', 'time'],
  commands: ['config', 'doctor', 'operations', 'problems', 'sandbox', 'store', 'time', 'withings'],
  server: [
    'about',
    'config',
    'connect',
    'dashboard',
    'doctor',
    'explore',
    'inspect',
    'operations',
    'operator',
    'partner',
    'problems',
    'sandbox',
    'session',
    'store',
    'time',
    'tokens',
    'web',
    'webhooks',
    'withings',
  ],
  embed: [
    'config/formats.ts',
    'config/misspelt.ts',
    'connect',
    'dashboard',
    'operations',
    'problems',
    'store',
    'time',
    'tokens',
    'web',
    'webhooks',
    'withings',
  ],
  config: ['withings'],
  about: ['problems', 'store', 'time', 'tokens', 'web'],
  connect: ['operations', 'problems', 'session', 'store', 'time', 'tokens', 'web', 'withings'],
  dashboard: ['problems', 'scheduling', 'session', 'store', 'time', 'tokens', 'web', 'withings'],
  explore: ['problems', 'store', 'time', 'tokens', 'web', 'withings'],
  inspect: ['operations', 'problems', 'store', 'time', 'web', 'withings'],
  partner: ['operations', 'problems', 'session', 'store', 'tokens', 'web', 'withings'],
  webhooks: ['problems', 'scheduling', 'store', 'time', 'tokens', 'web', 'withings'],
  tokens: ['scheduling', 'store', 'time', 'withings'],
  scheduling: [],
  time: [],
  session: ['problems', 'store', 'time', 'web'],
  store: ['time', 'withings'],
  withings: [],
  problems: ['operations', 'store', 'time', 'tokens', 'withings'],
  web: ['problems', 'store'],
  operator: ['operations', 'store', 'tokens', 'web'],
  operations: [],
  doctor: ['config', 'operations', 'store', 'time', 'web', 'webhooks', 'withings'],
  sandbox: ['store/sqlite/database.ts', 'time/clocks.ts', 'web/assets.ts'],
};

const files = (folder: string, ending: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ name: join(folder, name), text: readFileSync(join(ROOT, folder, name), 'utf8') }));

const sources = files('src', '.ts');

function folderOf(file: string): string {
  const [first = ''] = relative(SRC, file).split('/');
  return first.replace(/\.ts$/, '');
}

/** What a text imports of ours: `import … from`, `export … from`, `import '…'` and `import('…')`. */
function importsIn(text: string): string[] {
  return [...text.matchAll(/\b(?:from|import)\b\s*\(?\s*(['"`])(\.[^'"`]*)\1/g)].map(
    ([, , path = '']) => path,
  );
}

test('every form of an import is seen', () => {
  const text = `import { a } from './a.ts';
    import type { b } from "./b.ts";
    export { c } from './c.ts'; export * from './d.ts';
    import './e.ts';
    await import('./f.ts'); import( \`./g.ts\` );
    let h: import('./h.ts').H;
    import {
      i,
    } from './i.ts';`;
  expect(importsIn(text)).toEqual([...'abcdefghi'].map((name) => `./${name}.ts`));
});

test.each(sources)('$name imports only what its folder may', ({ name, text }) => {
  const file = join(ROOT, name);
  const own = folderOf(file);
  const allowed = ARROWS[own];
  if (!allowed) throw new Error(`No arrow leads from src/${own}: say in ARROWS what it may import`);
  const imported = importsIn(text).map((path) => resolve(dirname(file), path));
  const strangers = imported.filter(
    (path) => ![own, ...allowed].includes(folderOf(path)) && !allowed.includes(relative(SRC, path)),
  );
  expect(strangers).toEqual([]);
});

test('one file lies in src itself, and every folder there has its arrows', () => {
  const entries = readdirSync(SRC, { withFileTypes: true });
  expect(entries.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual(['main.ts']);
  expect(entries.map(({ name }) => name.replace(/\.ts$/, '')).sort()).toEqual(Object.keys(ARROWS).sort());
});

describe('one place for each thing', () => {
  const offenders = (pattern: RegExp, except: RegExp) =>
    sources.filter(({ name, text }) => pattern.test(text) && !except.test(name)).map(({ name }) => name);

  test('the environment is read in one file', () => {
    expect(offenders(/process\.env/, /^src\/config\/environment\.ts$/)).toEqual([]);
  });

  test('time comes in from time/clocks.ts', () => {
    expect(
      offenders(/\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b/, /^src\/(time\/clocks\.ts|commands\/)/),
    ).toEqual([]);
  });

  test('axios is known to withings/http.ts alone', () => {
    expect(offenders(/\('axios'\)|import (?!type).*from 'axios'/, /^src\/withings\/http\.ts$/)).toEqual([]);
  });

  test('nobody but the server and the command of its name imports the sandbox', () => {
    expect(offenders(/'\.\.\/sandbox\//, /^src\/(server\/|commands\/sandbox\.ts)/)).toEqual([]);
  });

  test('the engines of SQLite are known to store/sqlite/engine.ts alone', () => {
    expect(offenders(/'(libsql|node:sqlite)'/, /^src\/store\/sqlite\/engine\.ts$/)).toEqual([]);
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

describe('what npm runs by itself', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

  test('is nothing of what we install', () => {
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    const installers = Object.keys(lock.packages).filter((name) => lock.packages[name].hasInstallScript);
    const denied = Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name] === false);
    expect(installers.map((name) => name.replace(/^.*node_modules\//, '')).sort()).toEqual(denied.sort());
  });

  test('of ours, makes and checks the package', () => {
    const hooks = Object.keys(manifest.scripts).filter((name) => /^(pre|post)/.test(name));
    expect(hooks).toEqual(['prepare', 'prepublishOnly']);
  });
});
