import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { atEnd, freePort, tempDir } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { startWithings } from '../support/withings.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/main.js');

interface Program {
  url: string;
  child: ChildProcess;
  output(): string;
  exited: Promise<number | null>;
}

/** The built program as a process of its own, in an empty folder. */
function run(
  env: Record<string, string>,
  { dotEnv = '', node = [] }: { dotEnv?: string; node?: string[] } = {},
): Promise<Program> {
  const cwd = tempDir();
  writeFileSync(join(cwd, '.env'), dotEnv);
  return start([process.execPath, ...node, MAIN], cwd, env);
}

async function start([command = '', ...args]: string[], cwd: string, env: Record<string, string>) {
  const port = env.PORT ?? String(await freePort());
  const child = spawn(command, args, {
    cwd,
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      ...env,
      PORT: port,
    },
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  atEnd(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { url: `http://127.0.0.1:${port}`, child, output: () => output, exited };
}

async function ready(program: Program): Promise<Program> {
  await said(program, '"ready"');
  return program;
}

async function said(program: Pick<Program, 'output'>, words: string): Promise<void> {
  await until(() => program.output().includes(words)).catch(() => {
    throw new Error(`It never said ${words}: ${program.output()}`);
  });
}

/** The program with Withings on another site, where a test can hold what it asks for. */
async function farApart() {
  const port = String(await freePort());
  const withings = await startWithings(`http://127.0.0.1:${port}`, Date.now);
  const env = { PORT: port, DATA_DIR: tempDir(), ...withings.env };
  return { withings, env };
}

describe('starting', () => {
  test('bad settings: every fault by name, exit 1, no port', async () => {
    const program = await run({ TRUST_PROXY: 'true', LOG_LEVEL: 'loud', WITHINGS_CLIENT_ID: 'x' });
    expect(await program.exited).toBe(1);
    for (const name of ['TRUST_PROXY', 'LOG_LEVEL', 'WITHINGS_CLIENT_SECRET', 'SESSION_SECRET']) {
      expect(program.output()).toContain(name);
    }
    await expect(request(program.url).get('/healthz')).rejects.toThrow('ECONNREFUSED');
  });

  test('a taken port is said in words', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd(() => void server.close());
    const address = server.address();
    const port = String(typeof address === 'object' && address?.port);
    const program = await run({ PORT: port });
    expect(await program.exited).toBe(1);
    expect(program.output()).toContain(`Port ${port} is taken`);
  });

  test('a HOST of another machine is named', async () => {
    const program = await run({ HOST: '192.0.2.1', DATA_DIR: tempDir() });
    expect(await program.exited).toBe(1);
    expect(program.output()).toContain('HOST (192.0.2.1) is no address of this machine');
  });

  test('a store that takes no writes', async () => {
    const env = { DATA_DIR: tempDir() };
    const first = await ready(await run(env));
    first.child.kill('SIGTERM');
    await first.exited;
    const db = openDatabase(join(env.DATA_DIR, 'sandbox/connect.db'), 'NORMAL');
    db.exec(`CREATE TRIGGER broken BEFORE INSERT ON attempts BEGIN SELECT RAISE(ABORT, 'no more'); END`);
    db.close();
    const second = await run(env);
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain('Not started. no more');
  });

  test('a file that is not ours in place of the database', async () => {
    const dataDir = tempDir();
    mkdirSync(join(dataDir, 'sandbox'));
    writeFileSync(join(dataDir, 'sandbox', 'connect.db'), 'this is a diary, not a database. '.repeat(100));
    const program = await run({ DATA_DIR: dataDir });
    expect(await program.exited).toBe(1);
    expect(program.output()).toContain('not a database of ours');
  });

  test.each([
    ['a file', (dir: string) => writeFileSync(join(dir, 'x'), ''), 'x'],
    [
      'a folder whose database is a folder',
      (dir: string) => mkdirSync(join(dir, 'x/sandbox/connect.db'), { recursive: true }),
      'x',
    ],
  ])('DATA_DIR is %s', async (_words, make, name) => {
    const dir = tempDir();
    make(dir);
    const program = await run({ DATA_DIR: join(dir, name) });
    expect(await program.exited).toBe(1);
    expect(program.output()).toContain('DATA_DIR');
  });

  test('.env is read, and the environment wins over it', async () => {
    const program = await run({ LOG_LEVEL: 'info' }, { dotEnv: 'LOG_LEVEL=loud\nTRUST_PROXY=many\n' });
    expect(await program.exited).toBe(1);
    expect(program.output()).toContain('TRUST_PROXY');
    expect(program.output()).not.toContain('LOG_LEVEL');
  });
});

describe('a DATA_DIR of another owner', () => {
  const isRoot = process.getuid?.() === 0;
  /** Root, without root's leave to write everywhere: as any user is. */
  const LIKE_ANY_USER = isRoot ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];
  const STRANGER = 4321;

  function takeAway(place: string, mode: number): void {
    chmodSync(place, mode);
    if (isRoot) chownSync(place, STRANGER, STRANGER);
  }
  const startLikeAnyUser = (dataDir: string) =>
    start([...LIKE_ANY_USER, process.execPath, MAIN], tempDir(), { DATA_DIR: dataDir });
  const remedy = (dir: string) =>
    isRoot
      ? `belongs to uid ${STRANGER} with mode 0555, and this program runs as uid 0: chown -R 0:0 ${dir}`
      : `chmod -R u+rwX ${dir}`;

  test.each([
    ['the folder', (dir: string) => dir],
    ['a database in it, restored by somebody else', (dir: string) => join(dir, 'connect.db')],
    ['the secret that was made once', (dir: string) => join(dir, 'session-secret')],
  ])('%s: named, with owner, mode and the command that mends it', async (_what, placeIn) => {
    const dataDir = tempDir();
    const dir = join(dataDir, 'sandbox');
    mkdirSync(dir);
    for (const name of ['connect.db', 'session-secret']) writeFileSync(join(dir, name), '');
    takeAway(placeIn(dir), 0o555);
    const program = await startLikeAnyUser(dataDir);
    expect(await program.exited).toBe(1);
    expect(program.output()).toContain(`Not started. DATA_DIR: ${placeIn(dir)} `);
    expect(program.output()).toContain(remedy(dir));
    expect(program.output().trim().split('\n')).toHaveLength(1);
  });

  test('the folder that it is to lie in', async () => {
    const dataDir = tempDir();
    takeAway(dataDir, 0o555);
    const program = await startLikeAnyUser(dataDir);
    expect(await program.exited).toBe(1);
    const dir = join(dataDir, 'sandbox');
    expect(program.output()).toContain(`mkdir -p ${dir} && chown ${process.getuid?.()}:`);
  });
});

test('what is probably not meant is told once, in the log, and so is the callback to register', async () => {
  const env = { PUBLIC_URL: 'https://health.example.com', DATA_DIR: tempDir() };
  const sandbox = await ready(await run(env, { dotEnv: 'WITHINGS_CLIENTID=x\n' }));
  expect(sandbox.output().split('did you mean WITHINGS_CLIENT_ID?')).toHaveLength(2);
  expect(sandbox.output()).toMatch(/"level":"warn".*SANDBOX, with invented people/);
  expect(sandbox.output().split('"callback":"https://health.example.com/callback"')).toHaveLength(2);
});

describe('stopping', () => {
  test('SIGTERM: what is under way finishes, then exit 0; a restart knows everybody', async () => {
    const { withings, env } = await farApart();
    const first = await ready(await run(env));
    const visitor = visit(first);
    await visitor.connect();
    const door = withings.hold('/v2/oauth2');
    const slow = visitor.post('/refresh').then();
    await door.arrived;
    first.child.kill('SIGTERM');
    await said(first, '"stopping"');
    door.open();
    expect((await slow).headers.location).toBe('/dashboard');
    expect(await first.exited).toBe(0);

    const second = await ready(await run(env));
    expect((await visitor.json('/api/connection')).body).toMatchObject({
      state: 'connected',
      lastRefresh: { outcome: 'refreshed' },
    });
    second.child.kill('SIGINT');
    expect(await second.exited).toBe(0);
  });

  test('a disk that takes no writes: not ready, and then one line, exit 0, and nothing lost', async () => {
    const env = { DATA_DIR: tempDir(), WITHINGS_TIMEOUT_MS: '1000' };
    const first = await ready(await run(env));
    const visitor = visit(first);
    await visitor.connect();
    execFileSync('prlimit', ['--pid', String(first.child.pid), '--fsize=0:']); // each write fails, as on a full disk
    await until(async () => (await request(first.url).get('/readyz')).status === 503);
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(first.output()).toContain('not ready: the store takes no writes');
    const last = first.output().split('"stopping"')[1] ?? '';
    expect(last.match(/closed as it was/g)).toHaveLength(1);
    expect(last).not.toMatch(/^\s+at /m);

    await ready(await run({ ...env, PORT: new URL(first.url).port }));
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
  });

  test('npm start: a signal to npm reaches the program, which takes its time to finish', async () => {
    const { withings, env } = await farApart();
    const program = await ready(await start(['npm', 'start'], ROOT, { HOME: tempDir(), ...env }));
    const visitor = visit(program);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    const door = withings.hold('/v2/oauth2');
    const slow = visitor.get(callback).then();
    await door.arrived;
    program.child.kill('SIGTERM');
    await said(program, '"signal":"SIGTERM"');
    door.open();
    expect((await slow).headers.location).toBe('/dashboard');
    await program.exited;
  });

  test('idle connections do not hold it up, and a second signal ends it at once', async () => {
    const { withings, env } = await farApart();
    const program = await ready(await run({ ...env, WITHINGS_TIMEOUT_MS: '60000' }));
    const visitor = visit(program);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    const door = withings.hold('/v2/oauth2');
    visitor.get(callback).then(
      () => {},
      () => {},
    );
    await door.arrived;
    program.child.kill('SIGTERM');
    await said(program, '"stopping"');
    expect(program.child.exitCode).toBeNull();
    program.child.kill('SIGTERM');
    expect(await program.exited).toBe(1);
  });

  test('killed at once, nothing of a finished connection is lost', async () => {
    const dataDir = tempDir();
    const first = await ready(await run({ DATA_DIR: dataDir }));
    const visitor = visit(first);
    await visitor.connect();
    first.child.kill('SIGKILL');
    await first.exited;
    await ready(await run({ DATA_DIR: dataDir, PORT: new URL(first.url).port }));
    expect((await visitor.get('/dashboard')).text).toContain('Connected');
  });
});

describe('what nobody caught', () => {
  /** The program with something in it that goes wrong on SIGUSR2. */
  const faulty = (fault: string) => ({
    node: ['--import', `data:text/javascript,process.on('SIGUSR2', () => ${encodeURIComponent(fault)})`],
  });
  const broken = (code: string) =>
    `setTimeout(() => { throw Object.assign(new Error('the fault'), { code: '${code}' }) })`;

  test.each([
    ['a promise that nobody waited for', `void Promise.reject(new Error('the fault'))`],
    ['a stream written to after its end', broken('ERR_STREAM_WRITE_AFTER_END')],
    ['a peer that is gone', broken('EPIPE')],
  ])('%s is logged once with its stack, and the program goes on', async (_words, fault) => {
    const program = await ready(await run({ DATA_DIR: tempDir() }, faulty(fault)));
    program.child.kill('SIGUSR2');
    await until(() => program.output().includes('nobody caught this'));
    expect((await request(program.url).get('/healthz')).status).toBe(200);
    expect(program.output().split('"message":"the fault"')).toHaveLength(2);
    expect(program.output()).toContain('"stack":"');
    program.child.kill('SIGTERM');
    expect(await program.exited).toBe(0);
  });

  test('anything else may have left something half-done: logged, and the program ends in order', async () => {
    const program = await ready(await run({ DATA_DIR: tempDir() }, faulty(broken('ODD'))));
    const visitor = visit(program);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    await request(program.url)
      .post('/sandbox/control/faults')
      .send({ name: 'late', on: 'requesttoken', delayMs: 700 })
      .expect(200);
    const slow = visitor.get(callback).then();
    await until(async () => {
      const { counters } = (await request(program.url).get('/sandbox/control/state')).body;
      return counters['requesttoken authorization_code'] !== undefined;
    });
    program.child.kill('SIGUSR2');
    expect((await slow).headers.location).toBe('/dashboard');
    expect(await program.exited).toBe(1);
    expect(program.output()).toContain('nobody caught this');
  });

  test('nobody reads its output or its complaints any more: it goes on', async () => {
    const program = await ready(
      await run({ DATA_DIR: tempDir() }, faulty(`process.stderr.write('a complaint')`)),
    );
    program.child.stdout?.destroy();
    program.child.stderr?.destroy();
    program.child.kill('SIGUSR2');
    for (let asked = 0; asked < 5; asked += 1) {
      expect((await request(program.url).get('/')).status).toBe(200);
    }
    program.child.kill('SIGTERM');
    expect(await program.exited).toBe(0);
  });
});
