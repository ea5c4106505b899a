import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { tempDir } from '../support/machine.ts';
import { run } from './programs.ts';

test('a store whose secret is not at hand is refused in words, and none is made for it', async () => {
  const dataDir = tempDir();
  const ofSandbox = join(dataDir, 'sandbox');
  mkdirSync(ofSandbox);
  writeFileSync(join(ofSandbox, 'connect.db'), '');
  const { code, output } = await run('status', [], { DATA_DIR: dataDir });
  expect([code, output]).toEqual([1, expect.stringContaining('Set SESSION_SECRET as the app has it')]);
  expect(readdirSync(ofSandbox)).toEqual(['connect.db']);
});
