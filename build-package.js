// What `npm pack` packs: of src/ what the package's entries reach, as ES modules in esm/, and the same in cjs/ for those
// whose `require` takes no ES modules, such as Jest's. npm runs it before it packs, and after `npm install` in a clone.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = import.meta.dirname;
const ESM = join(ROOT, 'esm');
const CJS = join(ROOT, 'cjs');
const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');

// Whoever runs the app needs no package: they install with `npm ci`, or without the compiler.
if (process.env.npm_command === 'ci' || !existsSync(tsc)) process.exit(0);
const { transformSync } = await import('@swc/core');

const { exports, bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const entries = ['.', './sandbox'].flatMap((name) => Object.values(exports[name].import));

for (const folder of [ESM, CJS]) rmSync(folder, { recursive: true, force: true });
const project = join(ROOT, 'tsconfig.package.json');
if (spawnSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' }).status !== 0) process.exit(1);

for (const name of reachedFrom(entries)) {
  const text = readFileSync(join(ESM, name), 'utf8');
  mkdirSync(dirname(join(CJS, name)), { recursive: true });
  writeFileSync(join(CJS, name), name.endsWith('.js') ? asCommonJs(text) : text);
}
writeFileSync(join(CJS, 'package.json'), '{ "type": "commonjs" }\n');

const needed = reachedFrom([...entries, ...Object.values(bin)]);
for (const name of readdirSync(ESM, { recursive: true, encoding: 'utf8' })) {
  if (/\.(js|d\.ts)$/.test(name) && !needed.has(name)) rmSync(join(ESM, name));
}

/**
 * The files in esm/ that these lead to: programs to programs, types to types.
 *
 * @param {string[]} paths from the root
 */
function reachedFrom(paths) {
  const reached = new Set(paths.map((path) => path.replace(/^(\.\/)?esm\//, '')));
  for (const name of reached) {
    const ending = name.endsWith('.d.ts') ? '.d.ts' : '.js';
    const text = readFileSync(join(ESM, name), 'utf8');
    const imports = text.matchAll(/\b(?:from|import)\b\s*\(?\s*['"](\.[^'"]+)\.(?:js|ts)['"]/g);
    for (const [, path = ''] of imports) reached.add(join(dirname(name), path + ending));
  }
  return reached;
}

/** @param {string} text an ES module */
function asCommonJs(text) {
  return transformSync(text, { swcrc: false, jsc: { target: 'es2023' }, module: { type: 'commonjs' } }).code;
}
