import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import express, { Router } from 'express';

/** A file that pages load. */
export interface Asset {
  /** From where the routes are mounted. */
  path: string;
  /** What its bytes must be: Subresource Integrity. */
  integrity: string;
  /** The modules that it imports, and theirs. A page preloads them: an import statement cannot say an integrity. */
  imports: Asset[];
}

/**
 * The files of a folder, under an address that changes whenever one of them does: browsers keep them for a year. One hash
 * stands for all, so that modules find each other by relative addresses. Reads the folder once.
 */
export function createAssets(folder: string): { files: Record<string, Asset>; routes: Router } {
  const names = readdirSync(folder).sort();
  const contents = new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
  const whole = createHash('sha256');
  for (const [name, content] of contents) whole.update(`${name} ${content.length}\n`).update(content);
  const version = whole.digest('hex').slice(0, 16);

  const files: Record<string, Asset> = {};
  for (const [name, content] of contents) {
    const integrity = `sha384-${createHash('sha384').update(content).digest('base64')}`;
    files[name] = { path: `/assets/${version}/${name}`, integrity, imports: [] };
  }
  for (const [name, file] of Object.entries(files)) {
    file.imports = importsOf(name, contents).flatMap((imported) => files[imported] ?? []);
  }

  const routes = Router();
  const serve = { index: false, redirect: false };
  routes.use(`/assets/${version}`, express.static(folder, { ...serve, immutable: true, maxAge: '1y' }));
  // Of another version, whose page is open while this one is rolled out: what has not changed fits its integrity still.
  routes.use(/^\/assets(?:\/[0-9a-f]{16})?(?=\/)/, express.static(folder, serve));
  return { files, routes };
}

function importsOf(name: string, contents: Map<string, Buffer>, seen = new Set<string>()): string[] {
  const text = name.endsWith('.js') ? String(contents.get(name)) : '';
  for (const [, imported = ''] of text.matchAll(/\bfrom '\.\/([^']+)'/g)) {
    if (seen.has(imported)) continue;
    seen.add(imported);
    importsOf(imported, contents, seen);
  }
  return [...seen];
}
