import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { atEnd, freePort, tempDir } from '../support/machine.ts';

const PROGRAM = resolve(import.meta.dirname, '../../dist/commands/sandbox.js');

function start(env: Record<string, string>, args: string[] = [], cwd = tempDir()): ChildProcess {
  const { PATH = '' } = process.env;
  return spawn(process.execPath, [PROGRAM, ...args], { env: { PATH, ...env }, cwd });
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

test.each([
  [{}, '127.0.0.1'],
  [{ HOST: '127.0.0.2' }, '127.0.0.2'],
])('on this machine alone, unless told otherwise: %j', async (env, address) => {
  const port = await freePort();
  const program = start({ ...env, SANDBOX_PORT: String(port), DATA_DIR: tempDir() });
  const [line] = await once(program.stdout ?? program, 'data');
  expect(JSON.parse(line).address).toBe(`http://${address}:${port}/`);
  program.kill('SIGTERM');
  await once(program, 'exit');
});

test("the app's settings, and what is wrong with them, are no matter of its own", async () => {
  const port = String(await freePort());
  const faulty = {
    SESSION_IDLE_DAYS: '0',
    PORT: 'abc',
    REDIS_URL: 'redis://nowhere',
    WITHINGS_SCOPE: 'all of it',
  };
  const program = start({ ...faulty, SANDBOX_PORT: port, DATA_DIR: tempDir() });
  await once(program.stdout ?? program, 'data');
  expect((await fetch(`http://127.0.0.1:${port}/control/state`)).status).toBe(200);
  program.kill('SIGTERM');
  expect((await once(program, 'exit'))[0]).toBe(0);
});

test.each([
  [
    { PUBLIC_URL: 'https://app.example' },
    { 'http://app.example:81/back': 200, 'http://other.example/back': 400 },
  ],
  [
    { PUBLIC_URL: 'https://app.example', SANDBOX_CALLBACK_HOSTS: 'other.example, Third.example' },
    {
      'https://app.example/back': 200,
      'http://app.example:81/back': 400,
      'http://other.example:81/back': 200,
      'http://third.example/back': 200,
    },
  ],
])('set up as %j it may call %j', async (env, judged) => {
  const port = String(await freePort());
  const program = start({ ...env, SANDBOX_PORT: port, DATA_DIR: tempDir() });
  await once(program.stdout ?? program, 'data');
  for (const [url, status] of Object.entries(judged)) {
    const body = new URLSearchParams({ url });
    const address = `http://127.0.0.1:${port}/control/callbacks`;
    const answer = await fetch(address, { method: 'POST', body, redirect: 'manual' });
    expect([url, answer.status]).toEqual([url, status === 200 ? 303 : status]);
  }
  program.kill('SIGTERM');
  expect((await once(program, 'exit'))[0]).toBe(0);
});

test.each([
  [
    'beside the id of a real application',
    { WITHINGS_CLIENT_ID: 'real' },
    'does not run beside real credentials',
  ],
  [
    'beside a real secret',
    { WITHINGS_CLIENT_SECRET: 'a-real-secret' },
    'does not run beside real credentials',
  ],
  ['on no port at all', { SANDBOX_PORT: '0', LOG_LEVEL: 'loud' }, /SANDBOX_PORT.*\n.*LOG_LEVEL/],
  ['for an application at no origin', { PUBLIC_URL: 'https://health.example/app' }, 'PUBLIC_URL'],
  ['at an origin that breaks a header', { PUBLIC_URL: 'https://a;b' }, 'PUBLIC_URL'],
  [
    'with hosts that are addresses',
    { SANDBOX_CALLBACK_HOSTS: 'a.example,b.example:80' },
    'SANDBOX_CALLBACK_HOSTS',
  ],
])('it does not run %s', async (_where, env, said) => {
  const program = start({ SANDBOX_PORT: String(await freePort()), DATA_DIR: tempDir(), ...env });
  const [words] = await Promise.all([wordsOf(program), once(program, 'exit')]);
  expect(words).toMatch(said);
  expect(words).not.toContain('a-real-secret');
  expect(program.exitCode).toBe(1);
});

test('nor beside a real secret in a file', async () => {
  const file = join(tempDir(), 'secret');
  writeFileSync(file, 'a-real-secret\r\n');
  const program = start({ WITHINGS_CLIENT_SECRET_FILE: file, DATA_DIR: tempDir() });
  const [words] = await Promise.all([wordsOf(program), once(program, 'exit')]);
  expect(words).toContain('does not run beside real credentials');
  expect(words).not.toContain('a-real-secret');
});

test('as a tool in another folder: where it listens and who lives there is said behind its name', async () => {
  const folder = tempDir();
  writeFileSync(join(folder, '.env'), 'WITHINGS_CLIENT_ID=real\nSANDBOX_PORT=4\n'); // somebody else's
  writeFileSync(join(folder, 'people.json'), '[{ "name": "Ana" }]');
  const port = String(await freePort());
  const program = start({}, ['--port', port, '--seed', 'people.json'], folder);
  await once(program.stdout ?? program, 'data');
  const { users } = JSON.parse(await (await fetch(`http://127.0.0.1:${port}/control/state`)).text());
  expect(users.map(({ name }: { name: string }) => name)).toEqual(['Ana', 'Demo user']);
  program.kill('SIGTERM');
  expect((await once(program, 'exit'))[0]).toBe(0);
});

test.each([
  [['--help'], 0, 'stdout', '--seed FILE'],
  [['--prot', '4000'], 1, 'stderr', "Unknown option '--prot'"],
  [['--port', 'abc'], 1, 'stderr', 'SANDBOX_PORT must be a whole number'],
  [['--seed', 'nobody.json'], 1, 'stderr', 'nobody.json'],
] as const)('%j: it says what it takes', async (args, code, stream, words) => {
  const program = start({}, [...args]);
  let said = '';
  program[stream]?.on('data', (chunk) => {
    said += chunk;
  });
  expect((await once(program, 'close'))[0]).toBe(code);
  expect(said).toContain(words);
});

test('npx that is ended ends it, though its shell hands no signal on', async () => {
  const port = String(await freePort());
  const env = { ...process.env, npm_lifecycle_event: 'npx', HOST: '127.0.0.1' };
  const command = `"${process.execPath}" "${PROGRAM}" --port ${port}; true`;
  const shell = spawn('/bin/sh', ['-c', command], { env, cwd: tempDir() });
  await once(shell.stdout, 'data');
  shell.kill('SIGTERM');
  await once(shell.stdout, 'close'); // which the program holds as long as it lives
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
});

test('in a pod behind a Kubernetes service called sandbox it listens where it always does', async () => {
  const taken = createServer().on('error', () => {}); // whoever has that port, it is not the sandbox
  await new Promise((settle) => void taken.on('error', settle).listen(4000, '127.0.0.1', () => settle(null)));
  atEnd(() => void taken.close());
  const program = start({ SANDBOX_PORT: 'tcp://10.0.0.7:4000', DATA_DIR: tempDir() });
  const [words] = await Promise.all([wordsOf(program), once(program, 'exit')]);
  expect(words).toMatch(/EADDRINUSE.*4000/);
});

test('a port that is taken is said, and ends it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => void server.close());
  const program = start({
    SANDBOX_PORT: String((server.address() as AddressInfo).port),
    DATA_DIR: tempDir(),
  });
  const [words] = await Promise.all([wordsOf(program), once(program, 'exit')]);
  expect(words).toMatch(/^Not started\. .*EADDRINUSE/);
  expect(program.exitCode).toBe(1);
});
