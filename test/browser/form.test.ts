import { expect, test } from '@jest/globals';
import { arrive, expectFit, expectHistory, startTown, useBrowser } from './browser.ts';

useBrowser();

test.each([
  [320, 'light'],
  [1280, 'dark'],
] as const)('the pages of the sandbox fit %i px, %s', async (width, colorScheme) => {
  const { home, withings } = await startTown();
  const { page, complaints } = await arrive(home, { colorScheme, viewport: { width, height: 700 } });
  await page.getByRole('link', { name: 'Connect Withings' }).click();
  await expectFit(page);
  await page.getByRole('button', { name: /Okafor/ }).click();
  await expectFit(page);
  await page.goto(`${withings.url}/`);
  await expectFit(page);
  expect(complaints).toEqual([]);
});

test('on paper: dark on white even where the screen is dark, and nothing to press', async () => {
  const { home } = await startTown();
  const { page, connect } = await arrive(home, { colorScheme: 'dark' });
  await connect();
  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor');
  expect(paper).toBe('rgb(255, 255, 255)');
  await page.getByRole('heading', { name: 'Blood pressure and heart rate' }).waitFor();
  expect(await page.locator('button:visible, select:visible, summary:visible').count()).toBe(0);
  expect(await page.locator('nav:visible').count()).toBe(0);
  await expectFit(page);
  const printed = await page.pdf({ format: 'A4' });
  expect(printed.toString('latin1').match(/\/Type \/Page\b/g)).toHaveLength(2); // no card is pushed on by another that is too tall
});

test('without JavaScript everything works, and the page says when it was made', async () => {
  const { app, home } = await startTown();
  const { page, connect } = await arrive(home, { javaScriptEnabled: false });
  await connect();
  await page.getByText(/Made Jun 16, 12:00\sAM\./).waitFor();
  await page.getByRole('link', { name: 'a year' }).click();
  await page.getByRole('img', { name: /^Steps over 365 days/ }).waitFor();
  app.clock.now += 60_000;
  await page.getByRole('button', { name: 'Refresh now' }).click();
  await expectHistory(page, 'Refreshed');
  await page.getByRole('link', { name: 'Disconnect Withings' }).click();
  await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
  await page.getByRole('heading', { name: 'Disconnected' }).waitFor();
});

test('by keyboard alone: from the start to the dashboard, with the focus in sight', async () => {
  const { home } = await startTown();
  const { page } = await arrive(home);
  const go = async (words: string) => {
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      if (!(await focused.count()) || !(await focused.textContent())?.includes(words)) continue;
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      expect([words, outline]).toEqual([words, 'solid']);
      return page.keyboard.press('Enter');
    }
    throw new Error(`${words} was not reached`);
  };
  await go('Connect Withings');
  await page.getByRole('button', { name: 'Maren Holt' }).waitFor();
  await go('Maren Holt');
  await page.getByRole('button', { name: 'Allow' }).waitFor();
  await go('Allow');
  await page.getByRole('heading', { name: 'Connected', level: 1 }).waitFor();
  await go('a year');
  await page.waitForURL('**/dashboard?days=365');
});

test('a page loads nothing from elsewhere, and weighs less than 100 KB', async () => {
  const { home } = await startTown();
  const { page, connect } = await arrive(home);
  await connect();
  const seen: { origin: string; size: number }[] = [];
  page.on('response', async (response) => {
    const body = await response.body().catch(() => Buffer.alloc(0));
    seen.push({ origin: new URL(response.url()).origin, size: body.length });
  });
  await page.goto(`${home}/dashboard?days=365`);
  await page.getByText('Made ').waitFor();
  expect(new Set(seen.map(({ origin }) => origin))).toEqual(new Set([home]));
  expect(Math.max(...seen.map(({ size }) => size))).toBeLessThan(100_000);
});
