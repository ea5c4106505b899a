import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { createAssets } from '../../src/web/assets.ts';
import { startApp } from '../support/app.ts';
import { tempDir } from '../support/machine.ts';
import { visit } from '../support/visitor.ts';

const PUBLIC = join(import.meta.dirname, '../../public');

/** What a page loads: each tag with its address and integrity. */
function loadedBy(html: string) {
  const tags = html.match(/<(link|script|img)\b[^>]*>|<meta property="og:image" [^>]*>/g) ?? [];
  return tags.map((tag) => ({
    tag,
    address: new URL(/(?:href|src|content)="([^"]*)"/.exec(tag)?.[1] ?? '', 'http://page.example').pathname,
    integrity: /integrity="([^"]*)"/.exec(tag)?.[1],
  }));
}

test('whatever a page loads may be kept for a year; styles and scripts carry the hash of their bytes', async () => {
  const app = await startApp();
  const visitor = visit(app);
  const door = await visitor.begin();
  await visitor.connect();
  const seen = new Set<string>();
  for (const page of [
    '/',
    '/privacy',
    '/errors',
    '/nowhere',
    '/dashboard',
    '/disconnect',
    '/sandbox/',
    door.href,
  ]) {
    const { text } = await visitor.get(page);
    const loaded = loadedBy(text);
    expect([page, loaded.length > 1]).toEqual([page, true]);
    for (const { tag, address, integrity } of loaded) {
      const { headers, body } = await request(app.url).get(address).buffer().parse(bytes).expect(200);
      expect([tag, headers['cache-control']]).toEqual([tag, 'public, max-age=31536000, immutable']);
      const isRun = /stylesheet|modulepreload|<script/.test(tag);
      expect([tag, integrity]).toEqual([tag, isRun ? sri(body) : undefined]);
      seen.add(address.replace(/.*\//, ''));
    }
    // An import statement names no integrity: what is imported is preloaded with one.
    for (const { address } of loaded.filter(({ tag }) => /<script|modulepreload/.test(tag))) {
      const { text: script } = await request(app.url).get(address).buffer();
      for (const [, imported = ''] of script.matchAll(/\bimport .*'(.*)'/g)) {
        const { pathname } = new URL(imported, `http://page.example${address}`);
        const preloaded = loaded.filter(({ tag }) => tag.includes('modulepreload'));
        expect(preloaded.map((part) => part.address)).toContain(pathname);
      }
    }
  }
  for (const name of ['base.css', 'dashboard.js', 'watch.js', 'sandbox.css', 'icon.svg'])
    expect(seen).toContain(name);
});

test('an address changes with any file; what another version asks for is never kept', async () => {
  const folder = tempDir();
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('a.js', "import { b } from './b.js';");
  write('b.js', "export { c } from './c.js';");
  write('c.js', 'export const c = 1;');
  const before = createAssets(folder);
  expect(before.files['a.js']?.imports).toEqual([before.files['b.js'], before.files['c.js']]);
  expect(createAssets(folder).files).toEqual(before.files);

  write('c.js', 'export const c = 2;');
  const after = createAssets(folder);
  const old = before.files['c.js']?.path ?? '';
  expect(after.files['c.js']?.path).not.toBe(old);
  expect(after.files['a.js']?.path).not.toBe(before.files['a.js']?.path);
  expect(after.files['a.js']?.integrity).toBe(before.files['a.js']?.integrity);

  write('c.js', 'export const c = 3;'); // under a program that runs: its pages know nothing of this
  const { routes } = after;
  for (const address of [old, '/assets/c.js']) {
    const { headers, text } = await request(express().use(routes)).get(address).buffer().expect(200);
    expect([headers['cache-control'], text]).toEqual(['no-cache', 'export const c = 2;']);
  }
});

test('the colour around a page is the colour of the page', () => {
  const css = readFileSync(join(PUBLIC, 'base.css'), 'utf8');
  const head = readFileSync(join(PUBLIC, '../views/head.ejs'), 'utf8');
  const papers = [...css.matchAll(/--paper: (#\w+)/g)].map(([, colour]) => colour);
  const themes = [...head.matchAll(/theme-color" content="(#\w+)"/g)].map(([, colour]) => colour);
  expect(themes).toEqual(papers.slice(0, 2));
});

function sri(body: Buffer): string {
  return `sha384-${createHash('sha384').update(body).digest('base64')}`;
}

/** The body as it came. */
function bytes(answer: request.Response, done: (error: Error | null, body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('end', () => done(null, Buffer.concat(chunks)));
}
