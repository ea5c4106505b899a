import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';

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
 * stands for all, so that modules find each other by relative addresses. They are read once, and served as they were
 * read: an address always leads to the bytes that the pages of this program name.
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
  routes.get('/assets/{:version/}:name', (req, res, next) => {
    const { name } = req.params;
    const content = contents.get(name);
    if (!content) return next();
    // While another version is rolled out its pages are open: what has not changed fits their integrity, and is not kept.
    const isCurrent = req.params.version === version;
    res.set('Cache-Control', isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache');
    return res.type(name).send(content);
  });
  return { files, routes };
}

function importsOf(name: string, contents: Map<string, Buffer>, seen = new Set<string>()): string[] {
  const text = name.endsWith('.js') ? String(contents.get(name)) : '';
  for (const [, imported = ''] of text.matchAll(/\b(?:from|import) '\.\/([^']+)'/g)) {
    if (seen.has(imported)) continue;
    seen.add(imported);
    importsOf(imported, contents, seen);
  }
  return [...seen];
}
