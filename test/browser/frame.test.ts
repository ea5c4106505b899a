import { expect, test } from '@jest/globals';
import { arrive, startTown, useBrowser } from './browser.ts';

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
