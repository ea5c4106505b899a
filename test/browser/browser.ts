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

/** No violation of WCAG 2.2 AA or of axe's best practices, and nothing sticks out at the side. */
export async function expectFit(page: Page): Promise<void> {
  // The strict CSP lets in no script of ours either; what the debugger evaluates is not asked.
  await page.evaluate(axeSource);
  const found = await page.evaluate(AUDIT);
  expect([page.url(), found]).toEqual([page.url(), []]);
}

/** Runs in the page, whose types are not ours. */
const AUDIT = `axe
  .run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
  .then(({ violations }) => [
    ...(document.documentElement.scrollWidth > innerWidth ? ['wider than the window'] : []),
    ...violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')),
  ])`;
