import { expect, test } from '@jest/globals';
import { startApp } from '../support/app.ts';
import { activated, startDoor } from '../support/partner.ts';
import { formsOf, type Visitor, visit } from '../support/visitor.ts';

async function isIn(visitor: Visitor): Promise<boolean> {
  return (await visitor.json('/api/connection')).body.state === 'connected';
}

const others = (page: string) => /Also signed in: ([^<]+)/.exec(page)?.[1] ?? null;
const endsOthers = (page: string) => formsOf(page).some(({ action }) => action === '/logout/others');

/** Browsers in which the same person is connected. */
async function startBrowsers(count: number, connect = '/connect') {
  const app = await startApp();
  const browsers = Array.from({ length: count }, () => visit(app));
  for (const browser of browsers) await browser.connect(connect);
  const [own, ...rest] = browsers as [Visitor, ...Visitor[]];
  return { app, own, rest };
}

test('one browser sees that others are signed in, logs them out, and is told how many they were', async () => {
  const { own, rest } = await startBrowsers(3);
  expect(others((await own.get('/dashboard')).text)).toBe('2 other browsers');
  const answer = await own.post('/logout/others');
  expect([answer.status, answer.headers.location]).toEqual([303, '/dashboard']);
  for (const browser of rest) expect(await isIn(browser)).toBe(false);
  const page = (await own.get('/dashboard')).text;
  expect(page).toContain('Logged out: 2 other browsers.');
  expect([others(page), endsOthers(page)]).toEqual([null, false]);
  expect((await own.post('/refresh')).status).toBe(303); // the tokens are as good as before
  expect((await own.get('/dashboard')).text).toContain('Refreshed: Withings gave new tokens.');
});

test('a browser whose time is over is none, and neither is one of another person', async () => {
  const { app, own, rest } = await startBrowsers(2);
  const stranger = visit(app);
  await stranger.connect('/connect?mode=demo');
  expect(others((await own.get('/dashboard')).text)).toBe('one other browser');
  app.clock.now += 120 * 86_400_000;
  await own.get('/');
  app.clock.now += 90 * 86_400_000;
  expect(others((await own.get('/dashboard')).text)).toBeNull();
  expect(await isIn(rest[0] as Visitor)).toBe(false);
});

test('those who try the demo are strangers: nobody counts or ends them', async () => {
  const { own, rest } = await startBrowsers(2, '/connect?mode=demo');
  const page = (await own.get('/dashboard')).text;
  expect([others(page), endsOthers(page)]).toEqual([null, false]);
  await own.post('/logout/others');
  expect((await own.get('/dashboard')).text).toContain('Logged out: no other browser.');
  expect(await isIn(rest[0] as Visitor)).toBe(true);
});

test("links that nobody has opened end with them, uncounted; the partner's own connection does not", async () => {
  const { app, partner, contract } = await startDoor();
  const { body } = await partner.post('', { code: await activated(contract) });
  const link = async () =>
    new URL((await partner.post(`/${body.connectionId}/handoff`)).body.handoffUrl).pathname;
  const [own, other] = [visit(app), visit(app)];
  await own.post(await link());
  await other.post(await link());
  const unopened = await link();
  expect(others((await own.get('/dashboard')).text)).toBe('one other browser');
  await own.post('/logout/others');
  expect((await own.get('/dashboard')).text).toContain('Logged out: one other browser.');
  expect((await other.post(unopened)).status).toBe(410);
  expect(await isIn(other)).toBe(false);
  expect((await partner.get(`/${body.connectionId}`)).body.state).toBe('connected');
});

test('it is a button of our own page, for whoever is signed in', async () => {
  const { app, own, rest } = await startBrowsers(2);
  expect((await own.post('/logout/others', {}, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
  expect((await own.get('/logout/others')).status).toBe(405);
  expect((await visit(app).post('/logout/others')).headers.location).toBe('/');
  expect(await isIn(rest[0] as Visitor)).toBe(true);
});
