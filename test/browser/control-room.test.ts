import { expect, test } from '@jest/globals';
import { arrive, expectFit, startTown, useBrowser } from './browser.ts';

useBrowser();

test('buttons answer in place: what is open stays open, the focus stays, and the log grows by itself', async () => {
  const { home, withings, control, app } = await startTown();
  const { page, complaints, connect } = await arrive(home);
  await connect();
  await page.goto(`${withings.url}/`);
  await page.evaluate('document.body.dataset.sameDocument = "yes"');
  await page.locator('summary', { hasText: 'authorization_code' }).click();
  const asked = page.getByText('grant_type=authorization_code');
  await asked.waitFor();

  const down = page.getByRole('button', { name: 'Withings is down until I say so', exact: true });
  await down.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Set. It happens the next time.').waitFor();
  const end = page.getByRole('button', { name: 'End: Withings is down until I say so', exact: true });
  await end.waitFor();
  expect(await page.evaluate('document.activeElement.textContent')).toMatch(/^End: /);
  expect(await asked.isVisible()).toBe(true);

  app.clock.now += 3 * 3_600_000;
  await fetch(`${withings.url}/measure`, {
    method: 'POST',
    body: new URLSearchParams({ action: 'getmeas' }),
  });
  await page.getByText('fault: Withings is down').waitFor();
  await end.click();
  await page.getByText('Over. Calls are answered as they should be.').waitFor();

  await page.getByLabel('Another callback URL').fill('http://elsewhere.example/back');
  await page.getByRole('button', { name: 'Register' }).click();
  await page.getByText('This sandbox calls no such host').waitFor();
  expect(await page.evaluate('document.body.dataset.sameDocument')).toBe('yes');

  await control('reset');
  await page.getByText('No calls yet.').waitFor();
  expect(complaints.filter((each) => !each.includes('400'))).toEqual([]);
});

test.each([
  ['has gone', 'End: Withings is down', 'Over. Calls are', 'faults'],
  ['cannot be pressed again', 'She removes the app', 'has removed the app', 'scenarios'],
])('where a button %s its section has the focus', async (_what, name, words, section) => {
  const { home, withings, control } = await startTown();
  const { page, connect } = await arrive(home);
  await connect();
  await control('faults', { name: 'http-500', times: 0 });
  await page.goto(`${withings.url}/`);
  await page.getByRole('button', { name, exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.getByText(words).waitFor();
  expect(await page.evaluate("document.activeElement.getAttribute('aria-labelledby')")).toBe(section);
});

test('without JavaScript each button works by a reload', async () => {
  const { home, withings } = await startTown();
  const { page } = await arrive(home, { javaScriptEnabled: false });
  await page.goto(`${withings.url}/`);
  await page.getByRole('button', { name: 'Wrong secret' }).click();
  await page.getByText('Set. It happens the next time.').waitFor();
  await page.getByRole('button', { name: 'End: Wrong secret' }).first().click();
  await page.getByText('Over. Calls are answered as they should be.').waitFor();
});

test.each([
  [320, 'dark'],
  [800, 'light'],
  [1280, 'light'],
] as const)('it fits %i px, %s, when there is much to show', async (width, colorScheme) => {
  const { home, withings, control } = await startTown();
  const { page, connect } = await arrive(home, { colorScheme, viewport: { width, height: 700 } });
  await connect();
  await control('users/10000001/unlink');
  await control('faults', { name: 'lose-reply', on: 'requesttoken refresh_token', times: 1 });
  await page.goto(`${withings.url}/?said=weigh&user=10000001`);
  await expectFit(page);
  for (const words of ['One permission has ended', 'What each of them does', 'All calls so far'])
    await page.getByText(words).click();
  await page.getByText('getmeas').first().click();
  await expectFit(page);
});
