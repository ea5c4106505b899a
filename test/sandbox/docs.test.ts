import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { FAULTS } from '../../src/sandbox/wire/faults.ts';
import { knownErrors } from '../contract/known-errors.ts';
import { tempDir } from '../support/machine.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/sandbox.md'), 'utf8');
const run = (...args: string[]) => execFileSync(process.execPath, args, { encoding: 'utf8' });

test('docs/sandbox.md says what the code says: `npm run sandbox-page` writes it', () => {
  expect(PAGE).toBe(run(join(ROOT, 'docs/write-sandbox.js'), 'print'));
  for (const name of FAULTS) expect(PAGE).toContain(`\n| \`${name}\` | `);
});

test('it names every place where the document is known to be wrong', () => {
  const rows = PAGE.slice(PAGE.indexOf('<!-- differences -->'));
  const names = knownErrors.map(({ where }) => where.replace(/.*\./, '')).filter((name) => name !== 'body');
  for (const name of names) expect(rows).toContain(`\`${name}\``);
});

test('its example runs as it stands there', () => {
  const [, example = ''] = /```js\n(.*?)```/s.exec(PAGE) ?? [];
  const file = join(tempDir(), 'example.mjs');
  const built = pathToFileURL(join(ROOT, 'dist/sandbox/create.js')).href;
  writeFileSync(file, example.replace('withings-connect/sandbox', built));
  expect(run(file)).toBe('a-secret 0\n');
});
