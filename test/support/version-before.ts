import { execFileSync, spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import request from 'supertest';
import { startInstance } from '../shared/instance.ts';
import { freePort, tempDir } from './machine.ts';
import { visit } from './visitor.ts';
import { startWithings } from './withings.ts';

/** The last commit whose store is of the version before (5; see STORE_VERSION). */
const BEFORE = '1296230c62904ed23f728cec7b717fe9b71d31ed';
const ROOT = resolve(import.meta.dirname, '../..');
const PARTS = ['src', 'views', 'public', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];

/** False in a shallow clone. */
export const hasVersionBefore = spawnSync('git', ['cat-file', '-e', BEFORE], { cwd: ROOT }).status === 0;

/** The program of the version before, built. */
function buildVersionBefore(): string {
  const archive = execFileSync('git', ['archive', BEFORE, ...PARTS], {
    cwd: ROOT,
    maxBuffer: 64 * 1024 ** 2,
  });
  const dir = tempDir();
  execFileSync('tar', ['-x', '-C', dir], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    cwd: dir,
  });
  return join(dir, 'dist/main.js');
}

/** An instance of the version before, then one of this version beside it, then this one alone: nobody notices. */
export async function expectRollingUpgrade(store: Record<string, string>): Promise<void> {
  const before = buildVersionBefore();
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const withings = await startWithings(url, Date.now);
  const env = { ...withings.env, ...store, PUBLIC_URL: url, SWEEP_SECONDS: '3600' };
  const older = await startInstance({ ...env, PORT: port }, before);
  const [ann, bob] = [visit(older), visit(older)];
  await ann.connect();
  const newer = await startInstance({ ...env, PORT: String(await freePort()) });
  const there = (path: string, of = ann) =>
    request(newer.url).get(path).set({ Cookie: of.cookies(), Accept: 'application/json' });

  expect((await there('/api/connection')).body.state).toBe('connected');
  expect((await ann.post('/refresh')).status).toBe(303); // by the older one, on the store as it is now
  expect((await there('/api/connection')).body).toMatchObject({ lastRefresh: { outcome: 'refreshed' } });
  expect((await there('/api/measures')).status).toBe(200);
  await bob.connect('/connect?mode=demo');
  expect((await there('/api/connection', bob)).body).toMatchObject({ state: 'connected', demo: true });
  expect((await bob.post('/logout')).status).toBe(303);
  expect((await there('/api/connection', bob)).body.state).toBe('not-connected');

  expect(await older.stop()).toBe(0);
  expect((await there('/api/connection')).body.state).toBe('connected');
  const headers = { Cookie: ann.cookies(), Origin: url, 'Sec-Fetch-Site': 'same-origin' };
  expect((await request(newer.url).post('/disconnect').set(headers)).status).toBe(303);
  expect((await there('/api/connection')).body.state).toBe('not-connected');
}
