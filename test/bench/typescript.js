import { readFile } from 'node:fs/promises';
import { transform } from '@swc/core';

/** What Node asks for each module: those of the tests are in TypeScript. @type {import('node:module').LoadHook} */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const text = await readFile(new URL(url), 'utf8');
  const { code } = await transform(text, { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' } });
  return { format: 'module', source: code, shortCircuit: true };
}
