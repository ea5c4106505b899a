import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { startApp, type TestApp } from '../support/app.ts';
import { REDEEM, REFRESH, sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';

const CSP =
  "default-src 'none';style-src 'self';script-src 'none';connect-src 'none';img-src 'self';form-action 'self';base-uri 'none';object-src 'none';frame-ancestors 'none'";

describe('headers', () => {
  test('three pages may run our own script, and nobody else its own', async () => {
    const app = await startApp();
    const own = CSP.replace("script-src 'none';connect-src 'none'", "script-src 'self';connect-src 'self'");
    for (const address of ['/dashboard', '/dashboard?days=7', '/inspect', '/explore?call=goals']) {
      const { headers } = await request(app.url).get(address);
      expect(headers['content-security-policy']).toBe(own);
    }
    for (const address of ['/', '/dashboard/', '/dashboardx', '/?/dashboard', '/disconnect', '/callback']) {
      expect((await request(app.url).get(address)).headers['content-security-policy']).toBe(CSP);
    }
  });

  test('every answer has them: pages, redirects, refusals, files, JSON, health', async () => {
    const app = await startApp({ PUBLIC_URL: 'https://health.example' });
    const answers = [
      await request(app.url).get('/'),
      await request(app.url).get('/connect'),
      await request(app.url).get('/callback'),
      await request(app.url).get('/dashboards'),
      await request(app.url).get('/api/connection'),
      await request(app.url).get('/nowhere'),
      await request(app.url).get('/assets/base.css'),
      await request(app.url).get('/favicon.ico'),
      await request(app.url).get('/healthz'),
      await request(app.url).get('/readyz'),
      await request(app.url).post('/refresh'),
      await request(app.url).delete('/refresh'),
      await request(app.url).get(`/${'a'.repeat(9000)}`),
    ];
    for (const { headers } of answers) {
      expect(headers['content-security-policy']).toBe(CSP);
      expect(headers['strict-transport-security']).toBe('max-age=63072000; includeSubDomains');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toMatch(/^(same-origin|no-referrer)$/);
      expect(headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('no HSTS on http: it would lock out the neighbours on localhost', async () => {
    const app = await startApp();
    expect((await request(app.url).get('/')).headers['strict-transport-security']).toBeUndefined();
    const behindTls = await startApp({ PUBLIC_URL: 'https://localhost' });
    expect((await request(behindTls.url).get('/')).headers['strict-transport-security']).toBeUndefined();
  });

  test('https: cookies are Secure and carry the __Host- prefix, whatever the proxy says', async () => {
    const app = await startApp({ PUBLIC_URL: 'https://health.example' });
    const begun = await request(app.url).get('/connect');
    expect(String(begun.headers['set-cookie']?.[0])).toMatch(
      /^__Host-withings-connect=[\w.-]+; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    );
    const landed = await finishByHand(app, begun);
    expect(landed.status).toBe(303);
    expect(String(landed.headers['set-cookie'])).toMatch(
      /^__Host-withings-session=s%3A[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(String(landed.headers['set-cookie']).length).toBeLessThan(4096);
  });

  test('everything that depends on who asks is not stored', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect();
    for (const path of [
      '/',
      '/dashboard',
      '/api/connection',
      '/api/measures',
      '/connect',
      '/callback',
      '/inspect',
      '/explore',
      '/nowhere',
    ]) {
      expect([path, (await visitor.get(path)).headers['cache-control']]).toEqual([path, 'no-store']);
    }
    expect((await visitor.get('/dashboard/x.css')).status).toBe(404);
  });
});

/** The way through the sandbox for an app whose public address is not where the test reaches it. */
async function finishByHand(app: TestApp, begun: request.Response) {
  const cookie = String(begun.headers['set-cookie']).split(';')[0] ?? '';
  const here = new URL(String(begun.headers.location));
  const callback = await visit(app).consent(new URL(here.pathname + here.search, app.url), 'Allow');
  const { pathname, search } = new URL(callback);
  return request(app.url)
    .get(pathname + search)
    .set('Cookie', cookie);
}

describe('requests from elsewhere', () => {
  const POSTS = ['/refresh', '/disconnect', '/logout'];
  const OURS = (app: TestApp) => app.url;

  test.each<[string, (app: TestApp) => Record<string, string>, number]>([
    ['one of our pages', (app) => ({ Origin: OURS(app), 'Sec-Fetch-Site': 'same-origin' }), 303],
    ['an older browser that sends only Origin', (app) => ({ Origin: OURS(app) }), 303],
    ['a browser that sends only Sec-Fetch-Site', () => ({ 'Sec-Fetch-Site': 'same-origin' }), 303],
    ['nobody knows where', () => ({}), 403],
    ['another site', (app) => ({ Origin: OURS(app), 'Sec-Fetch-Site': 'cross-site' }), 403],
    ['a sister site', (app) => ({ Origin: OURS(app), 'Sec-Fetch-Site': 'same-site' }), 403],
    ['the address bar', (app) => ({ Origin: OURS(app), 'Sec-Fetch-Site': 'none' }), 403],
    ['another origin', () => ({ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' }), 403],
    [
      'one of our pages behind a proxy that adds no-referrer',
      () => ({ Origin: 'null', 'Sec-Fetch-Site': 'same-origin' }),
      303,
    ],
    ['a bare Origin null', () => ({ Origin: 'null' }), 403],
    ['Origin null from another site', () => ({ Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }), 403],
    ['Origin null from the address bar', () => ({ Origin: 'null', 'Sec-Fetch-Site': 'none' }), 403],
    ['another port', () => ({ Origin: 'http://127.0.0.1:1' }), 403],
    ['another scheme', (app) => ({ Origin: OURS(app).replace('http:', 'https:') }), 403],
    ['a look-alike', (app) => ({ Origin: `${OURS(app)}.evil.example` }), 403],
    ['capitals', (app) => ({ Origin: OURS(app).toUpperCase() }), 403],
    ['only a Referer of ours', (app) => ({ Referer: `${OURS(app)}/dashboard` }), 403],
  ])('a POST from %s', async (_words, headers, status) => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect();
    const cookie = visitor.cookies();
    for (const path of POSTS) {
      const answer = await request(app.url)
        .post(path)
        .set({ ...headers(app), Cookie: cookie, Accept: 'text/html' });
      // After the first that is ours, /disconnect has ended the session.
      expect([path, answer.status === 401 ? 303 : answer.status]).toEqual([path, status]);
    }
    if (status === 403) {
      expect((await visitor.json('/api/connection')).body.state).toBe('connected');
      expect(await sandboxOf(app).calls(REFRESH)).toBe(0);
    }
  });

  test('no method but the listed ones', async () => {
    const app = await startApp();
    const allowed: Record<string, string> = {
      '/': 'GET, HEAD',
      '/connect': 'GET, HEAD',
      '/callback': 'GET, HEAD',
      '/dashboard': 'GET, HEAD',
      '/refresh': 'POST',
      '/events': 'GET, HEAD',
      '/api/connection': 'GET, HEAD',
      '/api/measures.csv': 'GET, HEAD',
      '/preferences': 'POST',
      '/check': 'POST',
      '/disconnect': 'GET, HEAD, POST',
      '/logout': 'POST',
    };
    const own = { Origin: app.url, 'Sec-Fetch-Site': 'same-origin' };
    for (const [path, methods] of Object.entries(allowed)) {
      for (const method of ['get', 'post', 'put', 'patch', 'delete', 'options'] as const) {
        if (methods.includes(method.toUpperCase())) continue;
        const answer = await request(app.url)[method](path).set(own);
        expect([path, method, answer.status, answer.headers.allow]).toEqual([
          path,
          method,
          method === 'options' ? 204 : 405,
          methods,
        ]);
      }
    }
  });

  test('a method override changes nothing', async () => {
    const app = await startApp();
    const visitor = visit(app);
    await visitor.connect();
    await visitor.get('/disconnect?_method=POST', { 'X-HTTP-Method-Override': 'POST' });
    expect((await visitor.json('/api/connection')).body.state).toBe('connected');
  });
});

describe('bad input', () => {
  const code = 'c'.repeat(40);

  test.each<[string, (state: string) => string]>([
    ['nothing', () => ''],
    ['a code alone', () => `code=${code}`],
    ['a state alone', (state) => `state=${state}`],
    ['both empty', () => 'code=&state='],
    ['undefined', () => 'code=undefined&state=undefined'],
    ['state twice', (state) => `code=${code}&state=${state}&state=${state}`],
    ['code twice', (state) => `code=${code}&code=${code}&state=${state}`],
    ['code as a list', (state) => `code[]=${code}&state=${state}`],
    ['code as an object', (state) => `code[a]=${code}&state=${state}`],
    ['state as a list', (state) => `code=${code}&state[]=${state}`],
    ['a code of 4 KB', (state) => `code=${'c'.repeat(4096)}&state=${state}`],
    ['a code with line breaks', (state) => `code=a%0d%0aSet-Cookie:x=1&state=${state}`],
    ['a code with NUL', (state) => `code=a%00b&state=${state}`],
    ['a code with spaces', (state) => `code=a+b&state=${state}`],
    ['error and code', (state) => `error=access_denied&code=${code}&state=${state}`],
    ['error twice', (state) => `error=access_denied&error=x&state=${state}`],
    ['somebody else as issuer', (state) => `code=${code}&state=${state}&iss=https://evil.example`],
    ['a state cut short', (state) => `code=${code}&state=${state.slice(0, -1)}`],
    ['a state with a tail', (state) => `code=${code}&state=${state}=`],
    ['State in capitals', (state) => `code=${code}&State=${state}`],
    ['prototype names', () => `code=${code}&state=__proto__&__proto__[state]=x&constructor=y`],
  ])('a callback with %s: 400, no call, the attempt stays usable', async (_words, query) => {
    const app = await startApp();
    const visitor = visit(app);
    const authorize = await visitor.begin();
    const answer = await visitor.get(`/callback?${query(String(authorize.searchParams.get('state')))}`);
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(/callback-incomplete|attempt-unknown/);
    expect(await sandboxOf(app).calls(REDEEM)).toBe(0);
    expect((await visitor.get(await visitor.consent(authorize, 'Allow'))).headers.location).toBe(
      '/dashboard',
    );
  });

  test('nothing of a query stands on a page', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const payloads = [
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "'-alert(1)-'",
      'javascript:alert(1)',
    ];
    for (const payload of payloads) {
      const state = (await visitor.begin()).searchParams.get('state');
      const query = new URLSearchParams({
        state: String(state),
        error: payload,
        error_description: payload,
        error_uri: payload,
      });
      const page = await visitor.get(`/callback?${query}`);
      expect(page.text).toContain('withings-declined');
      expect(page.text).not.toContain(payload);
      for (const address of [
        `/connect?return_to=${encodeURIComponent(payload)}`,
        `/${encodeURIComponent(payload)}`,
      ]) {
        expect((await visitor.get(address)).text ?? '').not.toContain(payload);
      }
    }
  });

  test('a request never becomes a setting of the views', async () => {
    const app = await startApp();
    const visitor = visit(app);
    const evil =
      'settings[view options][outputFunctionName]=x;throw 1;//&__proto__[outputFunctionName]=y&client=true';
    expect((await visitor.get(`/?${evil}`)).status).toBe(200);
    expect((await visitor.get(`/nowhere?${evil}`)).status).toBe(404);
    expect((await visitor.get('/')).status).toBe(200);
    expect(({} as Record<string, unknown>).outputFunctionName).toBeUndefined();
  });

  test.each<[string, (app: TestApp) => request.Test, number]>([
    ['an address of 9 KB', (app) => request(app.url).get(`/${'a'.repeat(9000)}`), 414],
    ['a body of 17 KB', (app) => form(app, `a=${'b'.repeat(17_000)}`), 413],
    [
      'two hundred fields',
      (app) => form(app, Array.from({ length: 200 }, (_, i) => `a${i}=1`).join('&')),
      413,
    ],
    ['JSON', (app) => own(app).type('json').send('{"a":1}'), 415],
    ['text', (app) => own(app).type('text').send('a=1'), 415],
    [
      'a charset nobody has',
      (app) => own(app).type('application/x-www-form-urlencoded; charset=moon').send('a=1'),
      415,
    ],
    [
      'an encoding nobody has',
      (app) => own(app).type('form').set('Content-Encoding', 'moon').send('a=1'),
      415,
    ],
    ['a broken escape in the path', (app) => request(app.url).get('/assets/%E0%A4%A'), 400],
    ['a file that is not public', (app) => request(app.url).get('/assets/..%2fpackage.json'), 404],
    ['the repository', (app) => request(app.url).get('/.git/config'), 404],
    ['the settings', (app) => request(app.url).get('/.env'), 404],
  ])('%s: our own page', async (_words, send, status) => {
    const app = await startApp();
    const answer = await send(app).set('Accept', 'text/html');
    expect(answer.status).toBe(status);
    expect(answer.text).toContain('Request <code>');
    expect(answer.text).not.toMatch(/node_modules|at .*\(/);
  });

  const own = (app: TestApp) =>
    request(app.url).post('/refresh').set({ Origin: app.url, 'Sec-Fetch-Site': 'same-origin' });
  const form = (app: TestApp, body: string) => own(app).type('form').send(body);

  test('JSON is answered where JSON is asked for, with the same code and a request id', async () => {
    const app = await startApp();
    const answer = await visit(app).json('/nowhere');
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      problem: { code: 'not-found', title: expect.any(String), advice: expect.any(String) },
      requestId: answer.headers['x-request-id'],
    });
  });

  test.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400],
    ['another site as target', 'GET http://evil.example/callback?code=x HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a broken target', 'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['headers of 20 KB', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'two lengths',
      'POST /refresh HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
    ],
  ])('%s is answered in our words', async (_words, bytes, status) => {
    const app = await startApp();
    const text = await raw(app, bytes);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text).toContain('X-Content-Type-Options: nosniff');
    expect(text).toContain('Cross-Origin-Opener-Policy: same-origin');
    expect(text).not.toContain('Express');
    expect((await request(app.url).get('/healthz')).status).toBe(200);
  });
});

function raw(app: TestApp, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(app.config.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}
