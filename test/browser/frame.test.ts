import { describe, expect, test } from '@jest/globals';
import type { BrowserContextOptions } from 'playwright-core';
import { arrive, expectFit, startTown, useBrowser } from './browser.ts';

useBrowser();

test('the first press of Tab leads past the head of a page', async () => {
  const { home } = await startTown();
  const { page } = await arrive(home);
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  const box = await skip.boundingBox();
  expect(box?.y).toBeGreaterThanOrEqual(0); // in sight
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.tagName')).toBe('MAIN');
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').textContent()).toBe('Connect Withings');
});

describe('the first page in every state', () => {
  test.each<[string, BrowserContextOptions]>([
    ['on a small phone', { viewport: { width: 320, height: 600 }, hasTouch: true }],
    ['on a phone', { viewport: { width: 390, height: 844 }, hasTouch: true }],
    ['on a tablet, dark', { viewport: { width: 768, height: 1024 }, colorScheme: 'dark' }],
    ['on a desk', { viewport: { width: 1280, height: 800 } }],
    ['in forced colours', { viewport: { width: 1280, height: 800 }, forcedColors: 'active' }],
  ])('%s', async (_words, options) => {
    const { app, home, control } = await startTown();
    const { page, connect } = await arrive(home, options);
    const fits = async (title: string) => {
      expect(await page.title()).toBe(title);
      // The one thing to do stands out once.
      expect(await page.locator('main .button:not(.quiet, .danger)').count()).toBe(1);
      await expectFit(page);
      await page.evaluate("document.documentElement.style.fontSize = '200%'");
      await expectFit(page);
    };
    const open = () => page.goto(home);
    await fits('Withings Connect');

    await connect();
    await open();
    await fits('Connected – Withings Connect');

    await control('users/10000001/unlink');
    app.clock.now += 600_000;
    await page.goto(`${home}/dashboard`);
    await open();
    await fits('Please connect again – Withings Connect');

    await page.goto(`${home}/disconnect`);
    await expectFit(page);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByRole('heading', { name: 'Disconnected' }).waitFor();
    await fits('Withings Connect');

    await page.getByRole('link', { name: 'Connect Withings' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Connected', level: 1 }).waitFor();
    app.clock.now += 181 * 86_400_000;
    await open();
    await fits('You were signed out while you were away – Withings Connect');
    await page.getByRole('button', { name: 'Do not say this again' }).click();

    await page.getByRole('link', { name: 'Try the demo' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    app.clock.now += 25 * 3_600_000;
    await page.goto(`${home}/dashboard`);
    await open();
    await fits('The demo is over – Withings Connect');
  });
});
