import { describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import request from 'supertest';
import { activated, contractWith, KEY, partnerOf } from '../support/partner.ts';
import { sayNothing } from '../support/withings.ts';
import { arrive, axeFaults, layoutFaults, type Person, startTown, useBrowser } from './browser.ts';

useBrowser();

const HOUR = 3_600_000;
const MINUTE = HOUR / 60;
const DAY = 24 * HOUR;
const STALE = HOUR / 6; // what is known is too old then to be shown without asking

type Town = Awaited<ReturnType<typeof startTown>>;

interface State {
  title: string;
  /** The one thing to do; null: nothing has to be done. */
  primary: string | null;
  /** On a phone the first number of one's own stands in the upper third. */
  isFirst?: boolean;
  /** Brings a person there who is connected. */
  begin(town: Town, person: Person): Promise<unknown>;
}

const at =
  (path: string) =>
  (town: Town, { page }: Person) =>
    page.goto(`${town.home}${path}`);
const dashboard = at('/dashboard');

async function later(town: Town, person: Person, ms: number) {
  town.app.clock.now += ms;
  await dashboard(town, person);
}

async function unlinked(town: Town, person: Person) {
  await town.control('users/10000001/unlink');
  await later(town, person, STALE);
}

/** Withings gives no answer. */
async function outage(town: Town, person: Person, ms: number) {
  await town.control('faults', { name: 'http-500', times: 0 });
  await later(town, person, ms);
}

async function disconnected(town: Town, person: Person) {
  await at('/disconnect')(town, person);
  await person.page.getByRole('button', { name: 'Disconnect' }).click();
  await person.page.getByRole('heading', { name: 'Disconnected' }).waitFor();
}

async function denied(town: Town, person: Person) {
  await at('/connect')(town, person);
  await person.page.getByRole('button', { name: 'Deny' }).click();
}

async function demo(town: Town, person: Person) {
  await disconnected(town, person);
  await person.page.getByRole('link', { name: 'Try the demo' }).click();
  await person.page.getByRole('button', { name: 'Allow' }).click();
  await person.page.getByText('Demo', { exact: true }).waitFor();
}

async function lapsed(town: Town, person: Person) {
  town.app.clock.now += 181 * DAY;
  await town.app.sweep();
  await town.app.sweep();
  await at('/')(town, person);
}

/** Whatever Withings is asked for, there is nothing. */
async function empty(town: Town, person: Person) {
  await disconnected(town, person);
  sayNothing(town.withings, 'Pacific/Auckland');
  town.app.clock.now += 2 * DAY;
  await at('/')(town, person);
  await person.page.getByRole('link', { name: 'Connect Withings' }).click();
  await person.page.getByRole('button', { name: 'Allow' }).click();
}

/** Nothing is shared but measures. */
async function partial(town: Town, person: Person) {
  const { page } = person;
  await disconnected(town, person);
  town.app.clock.now += STALE; // Withings takes the same call again
  await page.getByRole('link', { name: 'Connect Withings' }).click();
  for (const box of await page.getByRole('checkbox').all()) await box.uncheck();
  await page.locator('input[name="user.metrics"]').check();
  await page.getByRole('button', { name: 'Allow' }).click();
}

const over = { title: 'Please connect again', primary: 'Connect again' };
const connected = { title: 'Connected', primary: null };
const away = { title: 'Withings cannot be reached', primary: null };

const STATES: Record<string, State> = {
  'just connected': { ...connected, isFirst: true, begin: dashboard },
  'a day later': { ...connected, isFirst: true, begin: (town, person) => later(town, person, DAY) },
  'all opened': {
    ...connected,
    async begin(town, person) {
      await at('/dashboard?days=365')(town, person);
      await person.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
    },
  },
  refreshing: {
    ...connected,
    isFirst: true,
    async begin(town, person) {
      const door = town.withings.hold('/v2/oauth2');
      await later(town, person, 3 * HOUR - STALE / 2);
      await door.arrived;
      await dashboard(town, person);
    },
  },
  'its last month': {
    ...connected,
    primary: 'Stay connected',
    async begin(town, person) {
      for (const days of [150, 150, 75]) await later(town, person, days * DAY);
    },
  },
  outage: { ...away, begin: (town, person) => outage(town, person, STALE) },
  'an outage of a day': { ...away, begin: (town, person) => outage(town, person, DAY) },
  'an outage that is over': {
    ...connected,
    isFirst: true,
    async begin(town, person) {
      await outage(town, person, DAY);
      await request(town.withings.url).delete('/control/faults').expect(200);
      await later(town, person, STALE);
    },
  },
  unlinked: { ...over, title: 'Connect again', begin: unlinked },
  demo: { ...connected, begin: demo },
  'demo over': {
    title: 'The demo is over',
    primary: 'Try the demo again',
    async begin(town, person) {
      await demo(town, person);
      await later(town, person, DAY + HOUR);
    },
  },
  'partial scopes': { ...connected, begin: partial },
  'no devices': { ...connected, begin: empty },
  disconnect: { title: 'Disconnect Withings?', primary: null, begin: at('/disconnect') },
  'hand-off': {
    title: 'Show another connection here?',
    primary: null,
    async begin({ app }, { page }) {
      const { body } = await partnerOf(app).post('', { code: await activated(contractWith(app)) });
      await page.goto(body.handoffUrl);
    },
  },
  'nothing was shared': {
    title: 'Nothing was shared',
    primary: 'Try again',
    begin: denied,
  },
  'first page, connected': { title: 'Connected', primary: 'Open the dashboard', begin: at('/') },
  'first page, unlinked': {
    ...over,
    async begin(town, person) {
      await unlinked(town, person);
      await at('/')(town, person);
    },
  },
  'first page, demo over': {
    title: 'The demo is over',
    primary: 'Try the demo again',
    async begin(town, person) {
      await demo(town, person);
      await later(town, person, DAY + HOUR);
      await at('/')(town, person);
    },
  },
  'first page, disconnected': { title: '', primary: 'Connect Withings', begin: disconnected },
  'first page, logged out': {
    title: '',
    primary: 'Connect Withings',
    async begin(town, person) {
      await dashboard(town, person);
      await person.page.getByRole('button', { name: 'Log out of this browser' }).click();
      await person.page.getByText('You are logged out').waitFor();
    },
  },
  'first page, lapsed': {
    title: 'You were signed out while you were away',
    primary: 'Connect again',
    begin: lapsed,
  },
  'what was said': { title: 'What was said', primary: 'Back to the dashboard', begin: at('/inspect') },
  'what was said, opened': {
    title: 'What was said',
    primary: 'Back to the dashboard',
    async begin(town, person) {
      town.app.clock.now += MINUTE;
      await person.page.getByRole('button', { name: 'Refresh now' }).click();
      await person.page.getByText('Withings gave new tokens').waitFor();
      await later(town, person, STALE);
      await at('/inspect')(town, person);
      await person.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
    },
  },
  'what was said before a denial': {
    title: 'What was said',
    primary: 'Try again',
    async begin(town, person) {
      await disconnected(town, person);
      await denied(town, person);
      await person.page.getByRole('link', { name: 'What was said until then' }).click();
      await person.page.getByText('It ended here').waitFor();
    },
  },
  'asked by hand': {
    title: 'Ask Withings',
    primary: 'Ask Withings',
    async begin(town, person) {
      await at('/explore')(town, person);
      await person.page.getByRole('button', { name: 'Ask Withings' }).click();
      await person.page.getByRole('heading', { name: 'What we make of it' }).waitFor();
    },
  },
  privacy: { title: 'Privacy', primary: null, begin: at('/privacy') },
  errors: { title: 'Errors', primary: null, begin: at('/errors') },
  nowhere: { title: 'There is no page here', primary: 'Back to the start', begin: at('/nowhere') },
};

interface Look {
  width: number;
  colorScheme?: 'dark';
  forcedColors?: 'active';
  letters?: string;
  /** What axe finds depends on the layout and the colours alone, and takes its time. */
  axe?: boolean;
}

const LOOKS = [320, 390, 768, 1280].flatMap((width): [string, Look][] => [
  [`${width} px`, { width, axe: width === 320 || width === 1280 }],
  [`${width} px, dark`, { width, colorScheme: 'dark', axe: width === 390 }],
  [`${width} px, forced colours`, { width, forcedColors: 'active' }],
  [`${width} px, large letters`, { width, letters: '200%', axe: width === 768 }],
]);

async function look(page: Page, { width, letters, colorScheme, forcedColors }: Look): Promise<void> {
  await page.setViewportSize({ width, height: width < 400 ? 844 : 900 });
  await page.emulateMedia({ colorScheme: colorScheme ?? 'light', forcedColors: forcedColors ?? 'none' });
  await page.evaluate(`document.documentElement.style.fontSize = '${letters ?? ''}'`);
}

/** PICTURES=folder keeps each to be looked at. */
async function picture(page: Page, name: string): Promise<void> {
  const { PICTURES } = process.env;
  if (PICTURES)
    await page.screenshot({ path: `${PICTURES}/${name.replace(/\W+/g, '-')}.png`, fullPage: true });
}

/** From the skip link to the end, each in sight and further down than the one before. */
async function expectKeys(page: Page): Promise<void> {
  await page.evaluate("document.querySelector('.skip').focus()"); // where a notice has the focus the rest comes after it
  const focused: { name: string; isSeen: boolean; bottom: number }[] = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const found = (await page.evaluate(FOCUSED)) as (typeof focused)[number] | null;
    if (!found || focused.length > 99) break;
    focused.push(found);
  }
  expect(focused.at(-1)?.name).toBe('Errors');
  expect(focused.filter(({ isSeen }) => !isSeen)).toEqual([]);
  const places = focused.map(({ bottom }) => bottom);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
}

/** Runs in the page. Rings of sliders are drawn round their charts. */
const FOCUSED = `(() => {
  const { activeElement: it } = document;
  if (!it || it === document.body) return null;
  const ring = it.matches('.chart input') ? it.closest('.chart').querySelector(':scope > svg') : it;
  const { top, bottom, width } = ring.getBoundingClientRect();
  const isSeen = width > 0 && bottom > 0 && top < innerHeight && getComputedStyle(ring).outlineStyle === 'solid';
  return { name: it.textContent.trim(), isSeen, bottom: Math.round((bottom + scrollY) / 30) };
})()`;

describe('in every look', () => {
  test.each(Object.entries(STATES))('%s', async (words, { title, primary, isFirst, begin }) => {
    const town = await startTown({ PARTNER_API_KEY: KEY, WITHINGS_TIMEOUT_MS: '30000', INSPECT: 'on' });
    const person = await arrive(town.home);
    const { page, context } = person;
    await person.connect();
    await begin(town, person);
    expect(person.complaints.filter((words) => !words.includes('Failed to load resource'))).toEqual([]); // a 404, a 503
    expect(await page.title()).toBe([title, 'Withings Connect'].filter(Boolean).join(' – '));
    const ways = page.locator('main .button:not(.quiet, .danger), main button:not(.quiet, .danger, .link)');
    expect(await ways.allTextContents()).toEqual(primary ? [primary] : []);
    const faults: [string, string[]][] = [];
    for (const [name, each] of LOOKS) {
      await look(page, each);
      await picture(page, `${words} ${name}`);
      faults.push([name, [...(await layoutFaults(page)), ...(each.axe ? await axeFaults(page) : [])]]);
    }
    expect(faults.filter(([, found]) => found.length > 0)).toEqual([]);
    await look(page, { width: 390 });
    if (isFirst) expect((await page.locator('.figure').first().boundingBox())?.y).toBeLessThan(260);
    await expectKeys(page);

    const storageState = await context.storageState();
    const plain = await arrive(page.url(), {
      javaScriptEnabled: false,
      storageState,
      viewport: { width: 390, height: 844 },
    });
    await picture(plain.page, `${words} without JavaScript`);
    expect(await layoutFaults(plain.page)).toEqual([]);
  });
});
