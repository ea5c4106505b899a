// What `npm start` runs: builds where something has changed, then becomes the program, or another one (`node start.js sandbox`).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const COMMANDS = ['sandbox', 'demo-token', 'migrate-store', 'backup', 'restore', 'status', 'doctor'];
const program = COMMANDS.includes(process.argv[2]) ? `commands/${process.argv[2]}` : 'main';
process.argv.splice(2, program === 'main' ? 0 : 1); // what is left is for the program itself
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const tsc = here('node_modules/typescript/bin/tsc');

/** Everything that a build depends on, as one hash: what was pulled, edited or installed is built. */
function inputs() {
  const sources = readdirSync(here('src'), { recursive: true }).filter((name) => name.endsWith('.ts'));
  const others = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  const hash = createHash('sha256');
  for (const name of [...sources.sort().map((source) => `src/${source}`), ...others]) {
    hash.update(`${name}\n`).update(readFileSync(here(name)));
  }
  return hash.digest('hex');
}

if (existsSync(tsc)) {
  const stamp = here('dist/.inputs');
  const wanted = inputs();
  const isBuilt = existsSync(here(`dist/${program}.js`)) && existsSync(stamp);
  if (!isBuilt || readFileSync(stamp, 'utf8') !== wanted) {
    if (process.stdout.isTTY) process.stdout.write('Building …\n');
    const build = spawnSync(process.execPath, [tsc, '-p', here('tsconfig.build.json')], { stdio: 'inherit' });
    if (build.status !== 0) process.exit(1);
    writeFileSync(stamp, wanted);
  }
} else if (!existsSync(here(`dist/${program}.js`))) {
  process.stderr.write('Not started. The compiler is missing: install with `npm ci --include=dev`.\n');
  process.exit(1);
}
await import(`./dist/${program}.js`);

// npm hands a signal to its shell, and many shells do not hand it on: when the shell is gone, so are we.
if (process.env.npm_lifecycle_event === 'start') {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250).unref();
}
