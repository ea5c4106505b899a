import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '..');

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const namesIn = (folder: string) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });

const pages = [...readdirSync(ROOT), ...namesIn('docs').map((name) => join('docs', name))]
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: read(name) }));

test.each(pages)('$name leads to what is there', ({ name, text }) => {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, ''); // a program's links are its own
  const dead = [...prose.matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)"/g)]
    .map(([, link, attribute]) => link ?? attribute ?? '')
    .filter((link) => !/^(https?|mailto):/.test(link))
    .filter((link) => !leadsSomewhere(name, link));
  expect(dead).toEqual([]);
});

function leadsSomewhere(from: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const file = path === '' ? from : join(dirname(from), path);
  if (!existsSync(join(ROOT, file))) return false;
  return heading === undefined || anchorsIn(read(file)).includes(heading);
}

/** As GitHub makes them of headings. */
function anchorsIn(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, words = '']) =>
    words
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(pages)('$name names scripts and programs that there are', ({ text }) => {
  const { scripts } = JSON.parse(read('package.json'));
  const commands = namesIn('src/commands').map((file) => file.replace('.ts', ''));
  const named = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name);
  const missing = [
    ...named(/\bnpm run (?:--?\w+ )*([a-z][\w:-]*)/g).filter((script) => !(script in scripts)),
    ...named(/\bdist\/commands\/([\w-]+)\.js/g).filter((command) => !commands.includes(command)),
  ];
  expect(missing).toEqual([]);
});

test('the README stays short', () => {
  expect(read('README.md').split('\n').length).toBeLessThan(150);
});
