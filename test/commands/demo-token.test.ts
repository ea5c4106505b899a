import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import request from 'supertest';
import { startApp, type TestApp } from '../support/app.ts';
import { tempDir } from '../support/machine.ts';
import { startFarApart } from '../support/withings.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/commands/demo-token.js');

/** What `npm run demo-token` says, with the settings of this app. */
function demoToken(env: Record<string, string>) {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { PATH: process.env.PATH, ...env },
    cwd: tempDir(),
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const portOf = (app: TestApp) => new URL(app.url).port;

test('a token of the demo user, which opens the demo data', async () => {
  const app = await startApp({}, { now: Date.now() });
  const { code, out, err } = await demoToken({ PORT: portOf(app), HOST: '127.0.0.1' });
  expect(code).toBe(0);
  const token = JSON.parse(out);
  expect(token.scope).toEqual(['user.info', 'user.metrics', 'user.activity']);
  expect(Date.parse(token.expiresAt)).toBeGreaterThan(Date.now() + 2 * 3_600_000);
  expect(err).toContain('curl');
  const devices = await request(app.url)
    .post('/sandbox/v2/user')
    .set('Authorization', `Bearer ${token.accessToken}`)
    .type('form')
    .send({ action: 'getdevice' });
  expect(devices.body.status).toBe(0);
});

test('nobody there: what to do', async () => {
  const app = await startApp();
  await app.stop();
  const { code, out, err } = await demoToken({ PORT: portOf(app), HOST: '127.0.0.1' });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain('npm start');
});

test('wrong settings are said, the secret is not', async () => {
  const { withings } = await startFarApart();
  const { code, err } = await demoToken({
    WITHINGS_CLIENT_ID: 'far-client',
    WITHINGS_CLIENT_SECRET: 'not-the-secret',
    WITHINGS_API_URL: `${withings.url}/`,
    WITHINGS_AUTHORIZE_URL: `${withings.url}/oauth2_user/authorize2`,
    SESSION_SECRET: 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT',
  });
  expect(code).toBe(1);
  expect(err).toContain('No token.');
  expect(err).not.toContain('not-the-secret');
});
