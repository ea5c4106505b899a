import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import request from 'supertest';
import { startFarApart } from '../support/withings.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
/** By CHROME_PATH, or on the PATH. */
const CHROMIUM =
  process.env.CHROME_PATH ??
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(existsSync);
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;

/** One browser for a file of tests. */
export function useBrowser(): void {
  beforeAll(async () => {
    if (!CHROMIUM || !existsSync(CHROMIUM))
      throw new Error('There is no Chromium on the PATH: install it, or name it by CHROME_PATH.');
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  afterAll(() => browser.close());
}

/** A person's browser with one tab. Whatever the pages complain of fails the test that asks for `complaints`. */
export interface Person {
  page: Page;
  context: BrowserContext;
  complaints: string[];
  /** Through login and consent to wherever that leads. */
  connect(): Promise<void>;
}

/**
 * The real program at `localhost` and Withings' pages at 127.0.0.1: two sites, so that SameSite has its say as
 * between us and Withings. One clock for both, which a test moves.
 */
export async function startTown(env: Record<string, string> = {}) {
  const { app, withings } = await startFarApart({ LOG_LEVEL: 'silent', ...env }, 'localhost');
  const control = (path: string, body: object = {}) =>
    request(withings.url).post(`/control/${path}`).send(body).expect(200);
  return { app, withings, home: app.url.replace('127.0.0.1', 'localhost'), control };
}

export async function arrive(home: string, options: BrowserContextOptions = {}): Promise<Person> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  watch(page, complaints);
  context.on('page', (other) => watch(other, complaints));
  await page.goto(home);
  return {
    page,
    context,
    complaints,
    async connect() {
      await page.getByRole('link', { name: 'Connect Withings' }).click();
      await page.getByRole('button', { name: 'Maren Holt' }).click();
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.getByRole('heading', { name: 'Connected', level: 1 }).waitFor();
    },
  };
}

/** The tokens and what happened to them are folded away while nothing is wrong. */
export async function openConnection(page: Page): Promise<void> {
  if ((await page.locator('#connection').getAttribute('open')) === null)
    await page.getByRole('heading', { name: 'Connection', exact: true }).click();
}

/** An entry of what happened to the connection. */
export async function expectHistory(page: Page, words: string): Promise<void> {
  await openConnection(page);
  await page.getByText(words, { exact: true }).waitFor();
}

function watch(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
}

export async function expectFit(page: Page): Promise<void> {
  const faults = [...(await layoutFaults(page)), ...(await axeFaults(page))];
  expect([page.url(), faults]).toEqual([page.url(), []]);
}

/** Violations of WCAG 2.2 AA and of axe's best practices. */
export async function axeFaults(page: Page): Promise<string[]> {
  // The strict CSP lets in no script of ours either; what the debugger evaluates is not asked.
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axeSource);
  return page.evaluate(AUDIT);
}

/** Runs in the page, whose types are not ours. */
const AUDIT = `axe
  .run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
  .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`;

/** What sticks out or is cut; figures, ranges and numbers that are broken over two lines, or apart from their units. */
export function layoutFaults(page: Page): Promise<string[]> {
  return page.evaluate(MEASURE);
}

/** The same. With forced colours a browser lays a ground of its own behind words, unless it is told not to. */
const MEASURE = `(() => {
  const shown = [...document.querySelectorAll('body *')].filter(
    (each) => each.checkVisibility() && !each.closest('svg, select, pre, .heard, thead, .skip, .chart input'),
  );
  const named = (what, found) => found.map((each) => what + ': ' + (each.id || each.textContent.trim().slice(0, 60)));
  const isBroken = (text, from, to) => {
    const range = document.createRange();
    range.setStart(text, from);
    range.setEnd(text, to);
    return new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom))).size > 1;
  };
  const texts = shown.flatMap((each) => [...each.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE));
  const whole = texts.filter((text) => text.parentElement.matches('.figure, .ranges a'));
  const quantity = /\\d \\d\\d min|\\d (?:h|min|s|kg|lb|mmHg|bpm|%|km|mi)(?!\\w)|\\d+[.,/]\\d+/g;
  const ground = getComputedStyle(document.body).backgroundColor;
  const isBlank = ({ parentElement }) => {
    const { color, forcedColorAdjust } = getComputedStyle(parentElement);
    return color === ground && forcedColorAdjust !== 'none';
  };
  return [
    ...named('wider than the window', shown.filter((each) => each.getBoundingClientRect().right > innerWidth + 1)),
    ...named('cut', shown.filter((each) => each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1)),
    ...named('broken', whole.filter((text) => isBroken(text, 0, text.length))),
    ...named('broken', texts.filter((text) => [...text.data.matchAll(quantity)].some(({ index, 0: found }) =>
      isBroken(text, index, index + found.length)))),
    ...(matchMedia('(forced-colors: active)').matches ? named('blank', texts.filter(isBlank)) : []),
  ];
})()`;
