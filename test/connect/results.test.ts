import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { startApp, type TestApp } from '../support/app.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { type Visitor, visit } from '../support/visitor.ts';

/** Somebody whose attempt fails, and the answer to their callback itself. */
async function startFailure(begin = '/connect') {
  const app = await startApp();
  const visitor = visit(app);
  const { callback, answer } = await fail(app, visitor, begin);
  return { app, visitor, callback, answer, result: String(answer.headers.location) };
}

async function fail(app: TestApp, visitor: Visitor, begin: string) {
  const callback = await visitor.consent(await visitor.begin(begin), 'Allow');
  await sandboxOf(app).fault('http-500', { on: 'requesttoken' });
  const answer = await bare(app, callback, visitor);
  return { callback, answer };
}

/** The answer to one request, wherever it leads. */
function bare(app: TestApp, address: string, visitor: Visitor | null, headers: Record<string, string> = {}) {
  const { pathname, search } = new URL(address, app.url);
  const cookies = visitor ? { Cookie: visitor.cookies() } : {};
  return request(app.url)
    .get(pathname + search)
    .set({ Accept: 'text/html', ...cookies, ...headers });
}

const cookieIn = ({ headers }: { headers: Record<string, unknown> }) =>
  String(headers['set-cookie']).split(';')[0] ?? '';

describe('a callback that fails', () => {
  test('leads on to an address that holds nothing of the code', async () => {
    const { answer, callback } = await startFailure();
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toMatch(/^\/connect\/result\/[\w-]{22}$/);
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
    const code = String(new URL(callback).searchParams.get('code'));
    expect(JSON.stringify([answer.headers, answer.text])).not.toContain(code);
  });

  test('is shown there with its own status, as often as one likes, and tried again as it was begun', async () => {
    const { app, visitor, answer, result } = await startFailure('/connect?mode=demo&return_to=%2Fpage');
    for (let times = 0; times < 3; times += 1) {
      const page = await bare(app, result, null, { Cookie: cookieIn(answer) });
      expect([page.status, page.headers['retry-after']]).toEqual([503, '30']);
      expect(page.text).toContain('href="/connect?mode=demo&amp;return_to=%2Fpage">Try again</a>');
      expect(page.text).toContain(`Request <code>${answer.headers['x-request-id']}</code>`);
    }
    const problems = app.logs().match(/"problem":"withings-unreachable"/g);
    expect(problems).toHaveLength(1);
    expect((await visitor.connect()).headers.location).toBe('/dashboard');
  });

  test('is shown in this browser alone, and for ten minutes', async () => {
    const { app, answer, result } = await startFailure();
    const headers = { Cookie: cookieIn(answer) };
    const stranger = await visit(app).get(result);
    expect([stranger.status, stranger.text.includes('This page is over')]).toEqual([404, true]);
    app.clock.now += 599_000;
    expect((await bare(app, result, null, headers)).status).toBe(503);
    app.clock.now += 1000;
    const late = await bare(app, result, null, headers);
    expect([late.status, late.text.includes('href="/connect">Start again</a>')]).toEqual([404, true]);
  });

  test('is answered in place where JSON is asked for, and to whoever opens it ahead of time', async () => {
    const { app, visitor, callback } = await startFailure();
    const json = await bare(app, callback, visitor, { Accept: 'application/json' });
    expect([json.status, json.body.problem.code]).toEqual([503, 'withings-unreachable']);
    const early = await bare(app, callback, visitor, { 'Sec-Purpose': 'prefetch' });
    expect([early.status, early.headers['set-cookie']]).toEqual([425, undefined]);
  });

  test('for want of cookies says so, where no cookie comes back either', async () => {
    const { app, callback } = await startFailure();
    const answer = await bare(app, callback, null);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([303, undefined]);
    const page = await bare(app, String(answer.headers.location), null);
    expect([page.status, page.text.includes('cookies-missing')]).toEqual([400, true]);
  });

  test('fits into a cookie with those before it, the oldest of which go', async () => {
    const { visitor, callback } = await startFailure(`/connect?return_to=/${'"'.repeat(510)}`);
    const results: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      const page = await visitor.get(`${callback}&again=${i}`);
      expect(page.status).toBe(503);
      results.push(
        visitor
          .cookies()
          .split('; ')
          .find((pair) => pair.startsWith('withings-results')) ?? '',
      );
    }
    expect(Math.max(...results.map((pair) => pair.length))).toBeLessThan(4096);
    expect(Math.max(...results.map((pair) => pair.length))).toBeGreaterThan(2000);
  });
});

test('whoever is connected and comes with something that was used already is shown the dashboard', async () => {
  const visitor = visit(await startApp());
  const callback = await visitor.consent(await visitor.begin(), 'Allow');
  await visitor.get(callback);
  const used = callback.replace(/code=\w+/, 'code=another');
  const page = await visitor.get(used);
  expect(page.text).toContain('You are connected: everything is on the dashboard.');
  expect(page.text).toContain('href="/dashboard">Open the dashboard</a>');
  await visitor.post('/logout');
  expect((await visitor.get(used)).text).toContain('href="/connect">Try again</a>');
});
