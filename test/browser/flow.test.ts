import { expect, test } from '@jest/globals';
import request from 'supertest';
import { arrive, expectFit, expectHistory, openConnection, startTown, useBrowser } from './browser.ts';

useBrowser();

const HOUR = 3_600_000;

test('by clicks: connect, look closer, test, refresh, disconnect with a receipt', async () => {
  const { home } = await startTown();
  const { page, complaints, connect } = await arrive(home);
  await connect();
  expect(new URL(page.url()).pathname).toBe('/dashboard');
  await page.getByRole('link', { name: /^Steps/ }).click();
  await page.waitForURL('**/dashboard#steps');
  await page.getByRole('link', { name: '7 days', exact: true }).click();
  await page.getByRole('img', { name: /^Weight over 7 days/ }).waitFor();
  await page.getByText('Weight in numbers').click();
  await page.getByRole('region', { name: 'Weight, in numbers' }).waitFor();
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.locator('.notice:focus', { hasText: /^Withings answered in .+ m?s\.$/ }).waitFor();
  await page.waitForURL('**/dashboard?days=7');
  await page.getByRole('button', { name: 'Refresh now' }).click();
  await page.locator('.notice:focus', { hasText: 'Refreshed: Withings gave new tokens.' }).waitFor();
  await page.getByRole('link', { name: 'Disconnect Withings' }).click();
  await page.getByRole('link', { name: 'Stay connected' }).click();
  await page.getByRole('link', { name: 'Disconnect Withings' }).click();
  await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
  await page.getByRole('heading', { name: 'Disconnected' }).waitFor();
  await page.locator('.receipt:focus', { hasText: 'Withings confirmed' }).waitFor();
  expect(complaints).toEqual([]);
});

test('a chart says the value under the pointer and the arrow keys', async () => {
  const { home } = await startTown();
  const { page, complaints, connect } = await arrive(home);
  await connect();
  const chart = page.locator('.chart', { has: page.getByRole('img', { name: /^Steps/ }) });
  const readout = chart.locator('.readout');
  await chart.getByRole('img').hover({ position: { x: 3, y: 20 } });
  expect(await readout.textContent()).toMatch(/: [\d,]+ steps$/);
  await page.mouse.move(0, 0);
  expect(await readout.textContent()).toBe('');

  const slider = chart.getByRole('slider');
  await slider.focus();
  await page.keyboard.press('End');
  const last = await readout.textContent();
  await page.keyboard.press('ArrowLeft');
  const before = await readout.textContent();
  expect(before).toMatch(/: [\d,]+ steps$/);
  expect(before).not.toBe(last);
  expect(await slider.getAttribute('aria-valuetext')).toBe(before);
  await slider.blur();
  expect(await readout.textContent()).toBe('');
  expect(complaints).toEqual([]);
});

test('the demo by one link: a badge, and the hour at which it ends', async () => {
  const { home } = await startTown();
  const { page, complaints } = await arrive(home);
  await page.getByRole('link', { name: 'Try the demo' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByText('Demo', { exact: true }).waitFor();
  await page.getByText(/Withings unlinks its demo users after a day: this one at Jun 16, /).waitFor();
  expect(complaints).toEqual([]);
});

test('a denial is taken kindly, and starting again works', async () => {
  const { home } = await startTown();
  const { page } = await arrive(home);
  await page.getByRole('link', { name: 'Connect Withings' }).click();
  await page.getByRole('button', { name: 'Maren Holt' }).click();
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.getByRole('heading', { name: 'Nothing was shared' }).waitFor();
  await page.getByRole('link', { name: 'Try again' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { name: 'Connected', level: 1 }).waitFor();
});

test('a double click on Connect and on Allow connects once', async () => {
  const { home, withings } = await startTown();
  const { page } = await arrive(home);
  await page.getByRole('link', { name: 'Connect Withings' }).dblclick({ noWaitAfter: true });
  await page.getByRole('button', { name: 'Maren Holt' }).click();
  await page.getByRole('button', { name: 'Allow' }).dblclick({ noWaitAfter: true });
  await page.getByRole('heading', { name: 'Connected', level: 1 }).waitFor();
  const { counters } = (await request(withings.url).get('/control/state')).body;
  expect(counters['requesttoken authorization_code']).toEqual({ ok: 1 });
});

test('back to the consent page and Allow again ends on the same dashboard', async () => {
  const { home } = await startTown();
  const { page, connect } = await arrive(home);
  await connect();
  await page.goBack();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForLoadState();
  if (!page.url().endsWith('/dashboard')) {
    await page.getByRole('heading', { name: 'This link was used already' }).waitFor();
    await page.getByRole('link', { name: 'Open the dashboard' }).click();
  }
  await page.getByRole('heading', { name: 'Connected', level: 1 }).waitFor();
});

test('two tabs, both in the middle of connecting: both arrive', async () => {
  const { home } = await startTown();
  const { page, context } = await arrive(home);
  const other = await context.newPage();
  await other.goto(home);
  for (const tab of [page, other]) {
    await tab.getByRole('link', { name: 'Connect Withings' }).click();
    const login = tab.getByRole('button', { name: 'Maren Holt' });
    await tab.getByRole('button', { name: /Maren Holt|Allow/ }).waitFor();
    if (await login.isVisible()) await login.click();
    await tab.getByRole('button', { name: 'Allow' }).waitFor();
  }
  for (const tab of [page, other]) {
    await tab.getByRole('button', { name: 'Allow' }).click();
    await tab.getByRole('heading', { name: 'Connected', level: 1 }).waitFor();
  }
});

test('an open dashboard shows by itself that its token was refreshed, and its countdown ticks', async () => {
  const { app, home } = await startTown();
  const { page, complaints, connect } = await arrive(home);
  await connect();
  await openConnection(page);
  const countdown = page.locator('[data-moment]').first();
  const says = (words: RegExp) => countdown.filter({ hasText: words }).waitFor();
  await says(/^in 2 h/);
  app.clock.now += 3 * HOUR - 60_000;
  await expectHistory(page, 'Refreshed');
  await says(/^in 2 h/);
  expect(complaints).toEqual([]);
});

test('a refresh in one tab shows in the other', async () => {
  const { app, home } = await startTown();
  const { page, context, connect } = await arrive(home);
  await connect();
  const other = await context.newPage();
  await other.goto(`${home}/dashboard`);
  app.clock.now += 60_000;
  await page.getByRole('button', { name: 'Refresh now' }).click();
  await expectHistory(other, 'Refreshed');
});

test('who removes the app in Withings is told so, and one click repairs it', async () => {
  const { app, home, control } = await startTown();
  const { page, connect } = await arrive(home);
  await connect();
  await control('users/10000001/unlink');
  app.clock.now += 600_000; // what is known is too old to be shown without asking
  await page.reload();
  await page.getByRole('heading', { name: 'Please connect again' }).waitFor();
  await page.getByRole('link', { name: 'Connect again' }).first().click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { name: 'Connected', level: 1 }).waitFor();
});

test('logging out in one tab sends the other to the start', async () => {
  const { home } = await startTown();
  const { page, context, connect } = await arrive(home);
  await connect();
  const other = await context.newPage();
  await other.goto(`${home}/dashboard`);
  await page.getByRole('button', { name: 'Log out' }).click();
  await other.waitForURL(`${home}/`);
});

test('another account: Withings asks again who it is', async () => {
  const { home } = await startTown();
  const { page, connect } = await arrive(home);
  await connect();
  await page.getByRole('link', { name: 'Use another Withings account' }).click();
  await page.getByRole('button', { name: 'Tomas Brandt' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByText('10000002').waitFor();
});

test('cookies of other programs that no request fits with: a page in words says what to do', async () => {
  const { home } = await startTown();
  const { page, context } = await arrive(home);
  await context.addCookies(
    Array.from({ length: 5 }, (_, i) => ({ name: `other-${i}`, value: 'x'.repeat(4000), url: home })),
  );
  await page.goto(home);
  await page.getByRole('heading', { name: 'Your browser sends too many cookies' }).waitFor();
  await expectFit(page);
  await context.clearCookies();
  await page.reload();
  await page.getByRole('link', { name: 'Connect Withings' }).waitFor();
});
