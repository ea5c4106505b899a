import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { PROBLEMS } from '../../src/problems/catalogue.ts';

const ROOT = resolve(import.meta.dirname, '../..');

test('the catalogue of errors is what the code says', () => {
  const kept = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const written = execFileSync(process.execPath, [join(ROOT, 'docs/write-errors.js')], { encoding: 'utf8' });
  expect(kept).toBe(written);
  for (const code of Object.keys(PROBLEMS)) expect(kept).toContain(`### \`${code}\``);
});
