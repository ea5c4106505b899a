import { expect, test } from '@jest/globals';
import request from 'supertest';
import { arrive, startTown, useBrowser } from './browser.ts';

useBrowser();

/** A dashboard that was opened while Withings was away, which is over now. */
async function openInOutage() {
  const { app, home, withings, control } = await startTown();
  const { page, connect } = await arrive(home);
  await connect();
  await page.clock.install();
  await control('faults', { name: 'http-500', times: 0 });
  app.clock.now += 600_000; // what is known is too old to be shown without asking
  await page.goto(`${home}/dashboard`);
  expect(await page.title()).toBe('Withings cannot be reached – Withings Connect');
  await page.getByRole('link', { name: 'Try again now' }).waitFor();
  await request(withings.url).delete('/control/faults').expect(200);
  app.clock.now += 20_000; // what was refused just before is not asked again
  let views = 0;
  page.on('request', (asked) => {
    views += Number(new URL(asked.url()).pathname === '/dashboard');
  });
  const healed = async () => {
    await page.locator('#state[role=status]', { hasText: 'Connected.' }).waitFor({ state: 'attached' });
    expect(await page.title()).toBe('Connected – Withings Connect');
  };
  return { page, healed, views: () => views };
}

test('an open page finds back by itself when Withings does, and says so to a screen reader', async () => {
  const { page, healed } = await openInOutage();
  await page.clock.fastForward(30_000);
  await healed();
  expect(await page.getByRole('link', { name: 'Try again now' }).count()).toBe(0);
});

test('it asks when the network returns', async () => {
  const { page, healed } = await openInOutage();
  await page.evaluate("dispatchEvent(new Event('online'))");
  await healed();
});

test('a page that nobody sees asks nothing, and asks when somebody does', async () => {
  const { page, healed, views } = await openInOutage();
  const show = (hidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'))`);
  await show(true);
  await page.clock.fastForward(600_000);
  await page.evaluate("dispatchEvent(new Event('online'))");
  await page.clock.fastForward(1000);
  expect(views()).toBe(0);
  await show(false);
  await healed();
});

test('what has the focus stays, and is made anew as soon as it has lost it', async () => {
  const { page, healed } = await openInOutage();
  const link = page.getByRole('link', { name: 'Try again now' });
  await link.focus();
  await page.clock.fastForward(30_000);
  await healed();
  await page.locator('a:focus', { hasText: 'Try again now' }).waitFor();
  await page.evaluate('document.activeElement.blur()');
  await link.waitFor({ state: 'detached' });
});
