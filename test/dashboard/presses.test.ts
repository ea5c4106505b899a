import { expect, test } from '@jest/globals';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { startApp } from '../support/app.ts';
import { REFRESH, sandboxOf } from '../support/sandbox.ts';
import { formsOf, visit } from '../support/visitor.ts';

test('"Refresh now" asks Withings once a minute, and says when it last did', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  await visitor.post('/refresh');
  expect((await visitor.get('/dashboard')).text).toContain('Refreshed: Withings gave new tokens.');
  expect((await visitor.get('/dashboard')).text).not.toContain('Refreshed: Withings'); // it is said once

  for (let second = 1; second < 60; second += 1) {
    app.clock.now += 1000;
    expect((await visitor.post('/refresh')).status).toBe(303);
  }
  expect((await visitor.get('/dashboard')).text).toContain('We last asked for new tokens 59 s ago.');
  expect(await sandboxOf(app).calls(REFRESH)).toBe(1);
  app.clock.now += 1000;
  await visitor.post('/refresh');
  expect(await sandboxOf(app).calls(REFRESH)).toBe(2);
});

test('all visitors of the demo have one press a minute together', async () => {
  const app = await startApp();
  const visitors = [visit(app), visit(app), visit(app)];
  for (const visitor of visitors) await visitor.connect('/connect?mode=demo');
  for (const visitor of visitors) await visitor.post('/refresh');
  expect(await sandboxOf(app).calls(REFRESH)).toBe(1);
});

test('what Withings refused is said', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  await sandboxOf(app).fault('http-500', { on: 'requesttoken' });
  await visitor.post('/refresh');
  expect((await visitor.get('/dashboard')).text).toContain('Withings cannot be reached.');
  await visitor.post('/refresh'); // that was no refresh, and is not called one
  expect(noticeOf((await visitor.get('/dashboard')).text)).toMatch(
    /^We last asked for new tokens just now\./,
  );
});

test('"Test the connection" says how long Withings took; it asks once a minute', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  await visitor.get('/dashboard');
  await app.settled();
  const calls = () => sandboxOf(app).calls('getmeas');
  const before = await calls();
  const pressed = await visitor.post('/check');
  expect([pressed.status, pressed.headers.location]).toEqual([303, '/dashboard']);
  const said = async () => noticeOf((await visitor.get('/dashboard')).text);
  expect(await said()).toMatch(/^Withings answered in [\d.]+ m?s\.$/);
  for (let second = 1; second < 60; second += 1) {
    app.clock.now += 1000;
    await visitor.post('/check');
  }
  expect(await said()).toMatch(/^Withings answered in [\d.]+ m?s\. That was 59 s ago\. Once a minute/);
  expect((await calls()) - before).toBe(1);
  app.clock.now += 1000;
  await sandboxOf(app).fault('http-500', { on: 'getmeas' });
  await visitor.post('/check');
  expect(await said()).toBe('Withings cannot be reached. Try again in a minute.');
});

test('"Ask Withings for what is new" says what came of that', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  const said = async () => {
    await visitor.post('/ask-again');
    return noticeOf((await visitor.get('/dashboard')).text);
  };
  expect(await said()).toBe('This is what Withings has now.');
  app.clock.now += 60_000;
  await sandboxOf(app).fault('http-500', { times: 0 });
  expect(await said()).toBe('Withings cannot be reached. Try again in a minute.');
});

test.each(['/refresh', '/check', '/ask-again', '/logout/others', '/preferences'])(
  '%s leads back to the days that were shown, and says what came of it with the focus on it',
  async (path) => {
    const visitor = visit(await startApp());
    await visitor.connect();
    const form = formsOf((await visitor.get('/dashboard?days=7')).text).find(({ action }) => action === path);
    const answer = await visitor.post(path, form?.fields ?? { days: '7' });
    expect([answer.status, answer.headers.location]).toEqual([303, '/dashboard?days=7']);
    const { text } = await visitor.get('/dashboard?days=7');
    expect(text).toMatch(/<p class="notice" role="status" tabindex="-1" autofocus>[^<]{10,}<\/p>/);
  },
);

test('days that nobody can choose lead to the usual ones', async () => {
  const visitor = visit(await startApp());
  await visitor.connect();
  const answer = await visitor.post('/refresh', { days: '7&x=//evil.example' });
  expect(answer.headers.location).toBe('/dashboard');
});

test('a script that renews the page takes no notice: it waits for whoever has pressed', async () => {
  const visitor = visit(await startApp());
  await visitor.connect();
  await visitor.post('/refresh');
  expect(noticeOf((await visitor.get('/dashboard', { 'Sec-Fetch-Dest': 'empty' })).text)).toBeUndefined();
  expect(noticeOf((await visitor.get('/dashboard', { 'Sec-Fetch-Dest': 'document' })).text)).toBe(
    'Refreshed: Withings gave new tokens.',
  );
});

test('a question for the head alone takes no notice either; and who connects is told nothing of before', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  await visitor.post('/logout');
  const head = await fetch(app.url, { method: 'HEAD', headers: { Cookie: visitor.cookies() } });
  expect(head.headers.get('set-cookie')).toBeNull();
  await visitor.connect();
  expect(noticeOf((await visitor.get('/dashboard')).text)).toBeUndefined();
});

test('a notice of another version says nothing, and stops nobody', async () => {
  const secret = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
  const app = await startApp({ SESSION_SECRET: secret });
  const sealed = createEncryption(deriveKeys([secret]).seal).seal('{"what":"refreshed"}', 'notice');
  const page = await visit(app).get('/', { Cookie: `withings-notice-${app.config.port}=${sealed}` });
  expect([page.status, noticeOf(page.text)]).toEqual([200, undefined]);
});

test('logging out is said on the first page', async () => {
  const visitor = visit(await startApp());
  await visitor.connect();
  await visitor.post('/logout');
  expect(noticeOf((await visitor.get('/')).text)).toBe('You are logged out of this browser.');
  expect(noticeOf((await visitor.get('/')).text)).toBeUndefined();
});

function noticeOf(page: string): string | undefined {
  return /<p class="notice" role="status"[^>]*>([^<]*)</.exec(page)?.[1];
}
