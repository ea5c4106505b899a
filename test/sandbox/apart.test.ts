import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const folder = new URL('../../src/sandbox/', import.meta.url);
const files = readdirSync(folder).map((name) => ({
  name,
  text: readFileSync(new URL(name, folder), 'utf8'),
}));

test('the sandbox knows nothing of the app and reads no environment', () => {
  for (const { name, text } of files) {
    const imported = [...text.matchAll(/from '(\.[^']*)'/g)].map(([, path]) => path);
    expect([name, imported.filter((path) => !path?.startsWith('./'))]).toEqual([name, []]);
    expect([name, /process\.env|Date\.now|Math\.random/.test(text)]).toEqual([name, false]);
  }
});
