import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const folder = resolve(import.meta.dirname, '../../src/sandbox');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

test('the sandbox knows nothing of the app and reads no environment', () => {
  expect(files.length).toBeGreaterThan(40);
  for (const { name, text } of files) {
    const imported = [...text.matchAll(/from '(\.[^']*)'/g)].map(([, path = '']) =>
      relative(folder, resolve(folder, dirname(name), path)),
    );
    expect([name, imported.filter((path) => path.startsWith('..'))]).toEqual([name, []]);
    expect([name, /process\.env|Date\.now|Math\.random/.test(text)]).toEqual([name, false]);
  }
});
