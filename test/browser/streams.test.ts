import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { arrive, expectHistory, startTown, useBrowser } from './browser.ts';

useBrowser();

/** What the window manager would tell the page. */
async function show(page: Page, visible: boolean) {
  await page.evaluate(
    `Object.defineProperty(document, 'hidden', { value: ${!visible}, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));`,
  );
}

const isStream = (message: { url(): string }) => message.url().includes('/events');

test('six tabs of a browser on plain HTTP, and there is a connection left to log out', async () => {
  const { home } = await startTown();
  const { page, context, connect } = await arrive(home);
  await connect();
  for (let tabs = 1; tabs < 6; tabs += 1) {
    const tab = await context.newPage();
    const watching = tab.waitForResponse(isStream);
    await tab.goto(`${home}/dashboard`);
    await watching;
  }
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL(`${home}/`);
});

test('a tab that nobody sees has no stream; seen again, it has one and is up to date', async () => {
  const { app, home } = await startTown();
  const { page, context, connect, complaints } = await arrive(home);
  const opened = page.waitForRequest(isStream);
  await connect();
  const stream = await opened;
  const closed = page.waitForEvent('requestfailed', { predicate: isStream });
  await show(page, false);
  expect(await closed).toBe(stream);

  const other = await context.newPage();
  await other.goto(`${home}/dashboard`);
  app.clock.now += 60_000;
  await other.getByRole('button', { name: 'Refresh now' }).click();
  await expectHistory(other, 'Refreshed');
  await show(page, true);
  await expectHistory(page, 'Refreshed');
  expect(complaints).toEqual([]);
});

test('where a proxy holds the events back the page notices, and asks now and then', async () => {
  const { app, home } = await startTown();
  const { page, context, connect } = await arrive(home);
  await page.clock.install();
  await page.route('**/events*', () => {}); // for ever
  const listening = page.waitForRequest('**/events*');
  await connect();
  await listening;
  const asked = page.waitForRequest('**/api/connection');
  await page.clock.fastForward(40_000);
  await asked;

  const other = await context.newPage();
  await other.goto(`${home}/dashboard`);
  app.clock.now += 60_000;
  await other.getByRole('button', { name: 'Refresh now' }).click();
  await expectHistory(other, 'Refreshed');
  const again = page.waitForRequest('**/api/connection');
  await page.clock.fastForward(20_000);
  await again;
  await page.clock.fastForward(1000);
  await expectHistory(page, 'Refreshed');

  await other.close();
  app.clock.now += 25 * 3_600_000;
  await page.clock.fastForward(25 * 3_600_000); // it has not heard of any change but that of the day
  await page.clock.fastForward(1000);
  await page.getByText(/Made Jun 17,/).waitFor();
});
