import { describe, expect, test } from '@jest/globals';
import { PROBLEMS } from '../../src/problems/catalogue.ts';
import { ACTIONS } from '../../src/problems/text.ts';
import { startApp } from '../support/app.ts';
import { REDEEM, sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';

describe('an exchange that fails', () => {
  test.each([
    ['a refused code', 'refuse-code', 502, 'code-refused'],
    ['a wrong client', 'wrong-secret', 503, 'client-refused'],
    ['an error page', 'http-500', 503, 'withings-unreachable'],
    ['a reset', 'reset', 503, 'withings-unreachable'],
    ['a lost answer', 'lose-reply', 503, 'withings-unreachable'],
    ['HTML', 'html', 503, 'withings-unreadable'],
    ['half an answer', 'truncated', 503, 'withings-unreadable'],
    ['busy', 'status-601', 503, 'withings-busy'],
    ['timeout', 'status-522', 503, 'withings-timeout'],
    ['not implemented', 'status-2554', 503, 'withings-refused'],
    ['a drip', 'slow', 503, 'withings-timeout'],
  ])(
    '%s: one call, a page with one way on, and the next attempt works',
    async (_words, fault, status, code) => {
      const app = await startApp({ WITHINGS_TIMEOUT_MS: '800' });
      const visitor = visit(app);
      const withings = sandboxOf(app);
      const callback = await visitor.consent(await visitor.begin(), 'Allow');
      await withings.fault(fault, { on: 'requesttoken' });
      const page = await visitor.get(callback);
      expect([page.status, page.headers.location]).toEqual([status, undefined]);
      expect(page.text).toContain(`<code>${code}</code>`);
      expect(page.text).toContain(PROBLEMS[code as keyof typeof PROBLEMS].title.replaceAll("'", '&#39;'));
      expect(page.text.match(/class="button"/g)).toHaveLength(1);
      expect(String(page.headers['set-cookie'])).not.toContain('withings-session');

      expect((await visitor.get(callback)).text).toContain(code); // again: the same words, no second call
      expect(await withings.calls(REDEEM)).toBe(1);
      expect((await visitor.connect()).headers.location).toBe('/dashboard');
    },
  );

  test.each(['http-500', 'status-522', 'status-601', 'html', 'refuse-code'])(
    '%s: one tries again what one was about to do, and reads of nothing else',
    async (fault) => {
      const app = await startApp();
      const visitor = visit(app);
      const url = await visitor.begin('/connect?mode=demo&return_to=%2Fdashboard%3Fdays%3D7');
      const callback = await visitor.consent(url, 'Allow');
      await sandboxOf(app).fault(fault, { on: 'requesttoken' });
      const { text } = await visitor.get(callback);
      const again = '/connect?mode=demo&amp;return_to=%2Fdashboard%3Fdays%3D7';
      expect(text).toContain(`<a class="button" href="${again}">Try again</a>`);
      expect(text).not.toMatch(/if you were connected|connected as before/i);
    },
  );

  test('with no attempt to go by, one begins like anybody', async () => {
    const { text } = await visit(await startApp()).get('/callback');
    expect(text).toContain('<a class="button" href="/connect">Try again</a>');
  });

  test('a code that is too late', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    app.clock.now += 31_000;
    expect((await visitor.get(callback)).text).toContain('code-refused');
  });

  test('an old connection stays as it was when a new attempt fails', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect();
    const before = (await visitor.json('/api/connection')).body;
    const callback = await visitor.consent(await visitor.begin(), 'Allow');
    await sandboxOf(app).fault('refuse-code');
    expect((await visitor.get(callback)).text).toContain('code-refused');
    expect((await visitor.json('/api/connection')).body).toEqual(before);
  });
});

test.each(Object.entries(PROBLEMS))('%s says what happened, what to do, and one way on', (_code, problem) => {
  expect(problem.title.length).toBeGreaterThan(5);
  expect(problem.what).toMatch(/\.$/);
  expect(problem.advice).toMatch(/\.$/);
  expect(ACTIONS[problem.action].href).toMatch(/^\//);
  expect(problem.status).toBeGreaterThanOrEqual(400);
  if (problem.status === 503) expect(problem.retryAfterSeconds).toBeGreaterThan(0);
});
