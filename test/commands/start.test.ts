import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { greeting } from '../../src/operations/greeting.ts';
import { tempDir } from '../support/machine.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** A program of one line beside our start.js. */
function tree() {
  const dir = tempDir();
  const file = (name: string, text: string) => writeFileSync(join(dir, name), text);
  const says = (word: string) => file('src/main.ts', `process.stdout.write('${word}');\n`);
  mkdirSync(join(dir, 'src'));
  copyFileSync(join(ROOT, 'start.js'), join(dir, 'start.js'));
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  file('package.json', '{ "type": "module" }');
  file('package-lock.json', '{}');
  const compilerOptions = { outDir: 'dist', rootDir: 'src', module: 'nodenext', types: ['node'] };
  file('tsconfig.json', '{}');
  file('tsconfig.build.json', JSON.stringify({ compilerOptions, include: ['src'] }));
  return {
    says,
    start: () => execFileSync(process.execPath, ['start.js'], { cwd: dir, encoding: 'utf8' }),
    builtAt: () => statSync(join(dir, 'dist/main.js')).mtimeMs,
    lose: () => rmSync(join(dir, 'dist/main.js')),
  };
}

test('what is built is not built again; what was changed or lost is', () => {
  const { says, start, builtAt, lose } = tree();
  says('one');
  expect(start()).toBe('one');
  const first = builtAt();
  expect(start()).toBe('one');
  expect(builtAt()).toBe(first);
  says('two');
  expect(start()).toBe('two');
  lose();
  expect(start()).toBe('two');
});

test('a terminal is told where to go, and where the callback is where it has to be registered', () => {
  const store = './data';
  const sandbox = greeting({ publicUrl: 'http://localhost:3000', isSandbox: true, store });
  expect(sandbox).toMatch(/Open +http:\/\/localhost:3000\n +Sandbox +http:\/\/localhost:3000\/sandbox\/\n/);
  const real = greeting({ publicUrl: 'https://app.example', isSandbox: false, store });
  expect(real).toMatch(/Callback +https:\/\/app\.example\/callback\n/);
  expect(real).not.toContain('/sandbox/');
  const strangers = greeting({ publicUrl: 'https://app.example', isSandbox: true, store });
  expect(strangers).toContain('ON THE SANDBOX');
  expect(sandbox).not.toContain('ON THE SANDBOX');
});
