import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { freePort, tempDir } from '../support/app.ts';

const PROGRAM = resolve(import.meta.dirname, '../../dist/commands/sandbox.js');

function start(env: Record<string, string>): ChildProcess {
  const { PATH = '' } = process.env;
  return spawn(process.execPath, [PROGRAM], { env: { PATH, HOST: '127.0.0.1', ...env }, cwd: tempDir() });
}

async function wordsOf(program: ChildProcess): Promise<string> {
  let words = '';
  program.stderr?.on('data', (chunk) => {
    words += chunk;
  });
  await once(program, 'close');
  return words;
}

test('alone, it serves its pages and its API at the root, keeps its state, and stops when told', async () => {
  const env = { SANDBOX_PORT: String(await freePort()), DATA_DIR: tempDir() };
  const url = `http://127.0.0.1:${env.SANDBOX_PORT}`;
  for (const offset of [0, 60]) {
    const program = start(env);
    await once(program.stdout ?? program, 'data');
    const state = JSON.parse(await (await fetch(`${url}/control/state`)).text());
    expect(state.clock.offsetSeconds).toBe(offset);
    expect(await (await fetch(url)).text()).toContain('http://localhost:3000/callback');
    const fields = {
      action: 'requesttoken',
      client_id: 'sandbox',
      client_secret: 'sandbox-secret',
      code: 'x',
    };
    const body = new URLSearchParams({ ...fields, grant_type: 'authorization_code' });
    const answer = await fetch(`${url}/v2/oauth2`, { method: 'POST', body });
    expect(await answer.text()).toBe('{"status":503,"body":{},"error":"Invalid Params: invalid code"}');
    const minute = new URLSearchParams({ advanceSeconds: '60' });
    await fetch(`${url}/control/clock`, { method: 'POST', body: minute, redirect: 'manual' });
    program.kill('SIGTERM');
    expect((await once(program, 'exit'))[0]).toBe(0);
  }
});

test('it does not run beside real credentials', async () => {
  const program = start({
    WITHINGS_CLIENT_ID: 'real',
    WITHINGS_CLIENT_SECRET: 'a-real-secret',
    SESSION_SECRET: '0123456789abcdef0123456789abcdef',
    DATA_DIR: tempDir(),
  });
  const [words] = await Promise.all([wordsOf(program), once(program, 'exit')]);
  expect(words).toContain('does not run beside real credentials');
  expect(program.exitCode).toBe(1);
});
