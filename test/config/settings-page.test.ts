import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { variableNames } from '../../src/config/environment.ts';
import { settings } from '../../src/config/settings.ts';
import { sandboxSettings } from '../../src/sandbox/settings.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** What the app reads, and what the sandbox reads when it runs alone. */
const variables = [...new Set([...variableNames(settings), ...Object.keys(sandboxSettings.shape)])].sort();

test.each([
  ['docs/settings.md', [], /(?<=^\| (?:`\w+`, )?)`([A-Z_]+)`(?=,| \|)/gm],
  ['.env.example', ['env'], /^# ([A-Z][A-Z_]+)=/gm],
])('%s is what the schema says, and names every setting', (file, args, name) => {
  const kept = readFileSync(join(ROOT, file), 'utf8');
  const script = join(ROOT, 'docs/write-settings.js');
  expect(kept).toBe(execFileSync(process.execPath, [script, ...args], { encoding: 'utf8' }));
  expect([...kept.matchAll(name)].map(([, variable]) => variable).sort()).toEqual(variables);
});
