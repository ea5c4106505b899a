import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SECRET } from '../embed/host.ts';
import { launch, newPlace, start } from '../embed/run-example.ts';
import { freePort } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';

// What an outsider does who has the tarball and docs/embedding.md: in empty folders, and word for word but for the port.

const ROOT = resolve(import.meta.dirname, '../..');
const DOCUMENT = readFileSync(join(ROOT, 'docs/embedding.md'), 'utf8');
/** Each named by the words before it: save this as `app.mjs`. */
const [app, appByRequire, tests] = ['app.mjs', 'app.cjs', 'connect.test.mjs'].map((name) => {
  const [, code] =
    new RegExp(`\`${name.replaceAll('.', '\\.')}\`[^]*?\n\`\`\`js\n([^]*?)\`\`\``).exec(DOCUMENT) ?? [];
  if (!code) throw new Error(`docs/embedding.md has no ${name}`);
  return code;
}) as [string, string, string];

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

const outside = mkdtempSync(join(tmpdir(), 'connect-package-'));
const run = promisify(execFile);

beforeAll(() => run('npm', ['pack', '--pack-destination', outside], { cwd: ROOT }), 60_000);
afterAll(() => rmSync(outside, { recursive: true, force: true }));

/** An empty folder with these packages beside ours. */
async function folderWith(...packages: string[]): Promise<string> {
  const dir = mkdtempSync(join(outside, 'app-'));
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--prefix', dir];
  await run('npm', [...install, join(outside, `withings-connect-${version}.tgz`), ...packages], { cwd: dir });
  return dir;
}

function write(dir: string, name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

/** Starts it on a free port, and waits until it listens. */
async function startApp(dir: string, name: string, code: string) {
  const port = await freePort();
  const file = write(dir, name, code.replaceAll('3000', String(port)));
  launch(file, { PATH: process.env.PATH, SESSION_SECRET: SECRET }, dir);
  const url = `http://localhost:${port}`;
  await until(
    () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ),
    `${name} listens`,
  );
  return { url };
}

/** For what cannot await at its top. A wrong option is a fault of the compiler's. */
const IMPORTS = `import express, { type Request } from 'express';
import { type ConnectEvents, clocks, createConnect, openStore, Problem, type Result } from 'withings-connect';
import { createSandbox, type RunningSandbox } from 'withings-connect/sandbox';

const connect = createConnect({
  url: 'http://localhost:3000/withings',
  withings: { clientId: 'id', clientSecret: 'secret', scope: ['user.metrics'] },
  store: openStore('sqlite:./data', { secrets: [] }),
  clocks,
  owner: (req: Request) => req.get('x-user'),
});
// @ts-expect-error
connect.of('ada').measures({ days: '30' });
const heard: ConnectEvents['news'][] = [];
connect.on('news', (event) => heard.push(event));
const app = express();
app.use('/withings', connect.router);
app.get('/', (req, res, next) => {
  connect.of(req).nights().then((nights) => res.json(nights.ok && nights.value.rows[0]?.stages?.deep), next);
});
export const sandbox: Promise<RunningSandbox> = createSandbox();
export const problem: Result<never> | Problem = new Problem('not-connected');
`;

/** With the compiler of today beside one, and one from before it was native beside the other. */
const EXPRESS: [string, string[]][] = [
  ['express@5', ['typescript@5.9']],
  ['express@4', ['typescript@7', '@types/express@4', 'express-session', 'passport', 'passport-local']],
];

const folders = new Map<string, string>();

describe.each(EXPRESS)('beside %s', (express, others) => {
  let dir: string;
  beforeAll(async () => {
    dir = await folderWith(express, ...others);
    folders.set(express, dir);
  }, 120_000);

  test.each([
    ['app.mjs', app],
    ['app.cjs', appByRequire],
  ])('%s of the document brings the first data', async (name, code) => {
    const visitor = visit(await startApp(dir, name, code));
    expect((await visitor.get('/')).text).toContain('Connect Withings');
    const authorizeUrl = await visitor.begin('/withings/connect');
    const page = await visitor.get(`${authorizeUrl.origin}/`); // what the sandbox shows is in the package
    const assets = [...page.text.matchAll(/(?:href|src)="([^"]*\/assets\/[^"]+)"/g)];
    expect(assets.length).toBeGreaterThan(1);
    for (const [, path = ''] of assets) {
      expect((await visitor.get(new URL(path, authorizeUrl).href)).status).toBe(200);
    }
    const back = await visitor.get(await visitor.consent(authorizeUrl, 'Allow'));
    expect(back.status).toBe(303);
    expect((await visitor.get('/')).text).toMatch(/^\d+(\.\d+)? kg$/);
  });

  test('the types are right under strict, those of all packages looked at', async () => {
    const files = [write(dir, 'app.mts', app), write(dir, 'types.cts', IMPORTS)];
    const strict = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext'];
    const args = ['node_modules/typescript/bin/tsc', ...strict, ...files];
    const { stdout } = await run(process.execPath, args, { cwd: dir }).catch((error) => error);
    expect(stdout).toBe('');
  });
});

test('the example with passport connects on Express 4, by require', async () => {
  const dir = folders.get('express@4') ?? '';
  const place = await newPlace();
  const file = write(dir, 'passport.cjs', readFileSync(join(ROOT, 'examples/passport.cjs'), 'utf8'));
  const { stop } = await start(file, place.env);
  const visitor = visit(place);
  expect((await visitor.get('/withings/connect')).status).toBe(401);
  await visitor.post('/login', { username: 'ada', password: 'any' });
  expect((await visitor.get('/')).text).toContain('Connect Withings');
  expect((await visitor.connect('/withings/connect')).status).toBe(303);
  expect((await visitor.get('/')).text).toMatch(/^\d+ steps in a week$/);
  const denied = await visitor.get(await visitor.consent(await visitor.begin('/withings/connect'), 'Deny'));
  expect([denied.status, denied.text]).toEqual([403, expect.stringContaining('<h1>')]);
  expect((await visitor.post('/withings/disconnect')).status).toBe(303);
  expect((await visitor.get('/')).text).toContain('Connect Withings');
  expect(await stop()).toBe(0);
});

describe('the test of the document passes', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await folderWith('express@5', 'vitest', 'jest');
  }, 120_000);

  test('in Vitest', async () => {
    write(dir, 'connect.test.mjs', tests);
    const { stdout } = await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run'], {
      ...{ cwd: dir, env: { ...process.env, NO_COLOR: '1' } },
    });
    expect(stdout).toMatch(/Tests\s+1 passed/);
  });

  test('in Jest, by require', async () => {
    const required = tests
      .replace(/^import .* from 'vitest';\n/m, '')
      .replace(/^import (.*) from (.*);$/gm, 'const $1 = require($2);');
    write(dir, 'connect.test.js', required);
    const args = ['node_modules/jest/bin/jest.js', '--testMatch', '**/connect.test.js'];
    const { stderr } = await run(process.execPath, args, { cwd: dir });
    expect(stderr).toMatch(/Tests:\s+1 passed/);
  });
});

test('what is looked at before it is published is well', async () => {
  const { stdout } = await run('npm', ['run', 'prepublishOnly'], { cwd: ROOT }).catch((error) => error);
  expect(stdout).toContain('All good!');
  expect(stdout).not.toMatch(/❌|💀|🚭|⚠️/);
});
