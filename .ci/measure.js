// What the image weighs above its base, how soon it is ready and what it holds idle. Without a container engine: the
// Dockerfile's own `RUN npm …` lines, in a folder of its own; run by the Node that the image has.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = resolve(import.meta.dirname, '..');
const NODE = process.argv[2] ?? process.execPath;
const STARTS = 5;
const DOCKERFILE = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
const [, CMD = '[]'] = /^CMD (\[.*\])$/m.exec(DOCKERFILE) ?? [];
/** As the image starts it. */
const ARGS = JSON.parse(CMD).slice(1);
/** What is wanted; bytes are exact, the others leave room for a busy machine, which shows most on the wall clock. */
const BUDGETS = [
  { name: 'image above its base, MB', wanted: 25, fails: 25 },
  { name: 'ready after, ms', wanted: 500, fails: 5000 },
  { name: 'processor time until then, ms', wanted: 500, fails: 1000 },
  { name: 'idle RSS, MB', wanted: 100, fails: 125 },
];

/** Everything that the image copies, built as it builds it. @param {string} dir */
function build(dir) {
  const sources = [
    'package.json',
    'package-lock.json',
    '.npmrc',
    'tsconfig.json',
    'tsconfig.build.json',
    'src',
  ];
  for (const name of [...sources, 'views', 'public'])
    cpSync(join(ROOT, name), join(dir, name), { recursive: true });
  for (const [, command = ''] of DOCKERFILE.matchAll(/^RUN (npm .*)$/gm)) {
    const { status } = spawnSync('sh', ['-c', command], { cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`failed: ${command}`);
  }
}

/** Bytes of all files below. @param {string} path @returns {number} */
function bytesOf(path) {
  const entry = lstatSync(path);
  if (!entry.isDirectory()) return entry.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}

/** @param {string} dir @param {number} port */
async function start(dir, port) {
  const began = performance.now();
  const child = spawn(NODE, ARGS, {
    cwd: dir,
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: join(dir, `data-${port}`),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.includes('"ready"')) break;
  }
  if (!output.includes('"ready"')) throw new Error(`did not start: ${output}`);
  const ms = performance.now() - began;
  const [user = 0, system = 0] = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .split(' ')
    .slice(13)
    .map(Number);
  const cpuMs = (user + system) * 10; // in hundredths of a second
  await sleep(2000); // idle
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  child.kill();
  await exit;
  return { ms, cpuMs, mb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024 };
}

const dir = mkdtempSync(join(tmpdir(), 'connect-image-'));
try {
  build(dir);
  const copied = ['node_modules', 'dist', 'package.json', 'views', 'public'];
  const mb = copied.reduce((sum, name) => sum + bytesOf(join(dir, name)), 0) / 1e6;
  /** @type {Awaited<ReturnType<typeof start>>[]} */
  const starts = [];
  for (let i = 0; i < STARTS; i += 1) starts.push(await start(dir, 19_300 + i));
  const least = (/** @type {'ms' | 'cpuMs' | 'mb'} */ what) => Math.min(...starts.map((each) => each[what]));
  const figures = [mb, least('ms'), least('cpuMs'), least('mb')];
  for (const [i, { name, wanted, fails }] of BUDGETS.entries()) {
    const figure = figures[i] ?? Number.NaN;
    const verdict = figure <= wanted ? 'ok' : figure <= fails ? 'above what is wanted' : 'TOO MUCH';
    process.stdout.write(
      `${name}: ${figure.toFixed(1)} (wanted ${wanted}, fails past ${fails}): ${verdict}\n`,
    );
    if (!(figure <= fails)) process.exitCode = 1;
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
