import { expect, test } from '@jest/globals';
import request from 'supertest';
import { authorizeUrl, buildTown, CALLBACK, consentToken, MAREN, TOMAS } from './town.ts';

const DENIED = 'error=access_denied&error_description=The+user+denied+access+to+your+application';

test('a person logs in, agrees, and goes back with a code and the state', async () => {
  const { app } = buildTown();
  const browser = request.agent(app);
  const url = authorizeUrl({ state: 'a&b=c d' });

  const login = await browser.get(url);
  expect(login.text).toContain('Maren Holt');
  const action = /action="([^"]+)"/.exec(login.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const back = await browser.post(action).type('form').send({ user: MAREN });
  expect(back.status).toBe(302);
  expect(back.headers['set-cookie']?.[0]).toMatch(
    /^sandbox_login=[0-9a-f]{40}; Path=\/; HttpOnly; SameSite=Lax$/,
  );

  const page = await browser.get(String(back.headers.location));
  expect(page.text).toContain('Maren Holt');
  expect(page.text).toContain('Your body measures');
  const form = { consent: consentToken(page.text), authorized: '1', 'user.metrics': 'on' };
  const allowed = await browser.post(url).type('form').send(form);
  expect(allowed.status).toBe(302);
  expect(allowed.headers.location).toMatch(
    /^http:\/\/localhost:3000\/callback\?code=[0-9a-f]{40}&state=a%26b%3Dc\+d$/,
  );
});

test('under a path, links and the cookie stay under it', async () => {
  const { app, login } = buildTown();
  const page = await request(app).get(authorizeUrl({}, '/sandbox'));
  expect(page.text).toContain('action="/sandbox/oauth2_user/account_login?');
  expect(page.text).toMatch(/href="\/sandbox\/assets\/[0-9a-f]{16}\/sandbox.css" integrity=/);
  const loggedIn = await (await login(MAREN, '/sandbox')).get(authorizeUrl({}, '/sandbox'));
  expect(loggedIn.text).toContain('href="/sandbox/logout?r=');
  expect((await request(app).get('/sandbox/assets/sandbox.css')).headers['content-type']).toContain(
    'text/css',
  );
  const cookie = await request(app)
    .post('/sandbox/oauth2_user/account_login')
    .type('form')
    .send({ user: MAREN });
  expect(cookie.headers['set-cookie']?.[0]).toContain('Path=/sandbox; HttpOnly; SameSite=Lax');
});

test('a redirect_uri with a query keeps it', async () => {
  const { login, consent } = buildTown();
  const answer = await consent(await login(MAREN), { redirect_uri: `${CALLBACK}?a=%20b` });
  expect(answer.headers.location).toMatch(
    /^http:\/\/localhost:3000\/callback\?a=%20b&code=[0-9a-f]{40}&state=state-1$/,
  );
});

test('who refuses goes back with access_denied', async () => {
  const { login, consent } = buildTown();
  const answer = await consent(await login(MAREN), {}, { authorized: '0' });
  expect(answer.status).toBe(302);
  expect(answer.headers.location).toBe(`${CALLBACK}?${DENIED}&state=state-1`);
});

test('what is unticked is not granted, and nothing ticked is asked again', async () => {
  const { login, consent, redeem } = buildTown();
  const browser = await login(MAREN);
  const part = await consent(browser, {}, { 'user.metrics': '', 'user.activity': '' });
  const code = new URL(String(part.headers.location)).searchParams.get('code') ?? '';
  expect((await redeem(code)).body.body.scope).toBe('user.info');

  const none = await consent(browser, { scope: 'user.info' }, { 'user.info': '' });
  expect(none.status).toBe(400);
  expect(none.text).toContain('Tick at least one');
});

test.each(['response_type', 'client_id', 'state', 'scope', 'redirect_uri'])(
  'without %s: a page',
  async (name) => {
    const { app } = buildTown();
    const answer = await request(app).get(authorizeUrl({ [name]: '' }));
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('Required parameters are invalid.');
  },
);

test('scopes are separated by commas, and a parameter given twice counts as missing', async () => {
  const { app } = buildTown();
  for (const url of [authorizeUrl({ scope: 'user.info user.metrics' }), `${authorizeUrl()}&state=again`]) {
    expect((await request(app).get(url)).text).toContain('Required parameters are invalid.');
  }
});

test('an unknown client gets a page', async () => {
  const { app } = buildTown();
  for (const client_id of ['nobody', '__proto__', 'constructor']) {
    const answer = await request(app).get(authorizeUrl({ client_id }));
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('Invalid clientid');
  }
});

test.each([
  'http://localhost:3000/callback/',
  'http://localhost:3000/callback2',
  'http://localhost:3000/',
  'https://localhost:3000/callback',
  'http://localhost:30001/callback',
  'http://localhost:3000@evil.example/callback',
  'http://user@localhost:3000/callback',
  'http://localhost:3000\\@evil.example/callback',
  'http://localhost:3000/callback#x',
  'http://localhost:3000/callback\r\nSet-Cookie: a=b',
  'javascript:alert(1)',
  '/callback',
  'https://app.example.evil.example/',
])('%s is not registered: said in JSON, never redirected to', async (redirect_uri) => {
  const { app, login } = buildTown();
  const browser = await login(MAREN);
  for (const answer of [
    await request(app).get(authorizeUrl({ redirect_uri })),
    await browser.post(authorizeUrl({ redirect_uri })).type('form').send({ authorized: '1' }),
  ]) {
    expect(answer.status).toBe(400);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.text).toBe(
      '{"errors":[{"message":"redirect_uri_mismatch: The redirect URI provided is missing or does not match partner callback url"}]}',
    );
  }
});

test('a registered URL that ends in a slash covers what lies below', async () => {
  const { app } = buildTown();
  const answer = await request(app).get(authorizeUrl({ redirect_uri: 'https://app.example/a/b?c=d' }));
  expect(answer.status).toBe(200);
});

test('nobody agrees for another: the consent needs the token of this very login', async () => {
  const { login } = buildTown();
  const maren = await login(MAREN);
  const tomas = await login(TOMAS);
  const strange = consentToken((await tomas.get(authorizeUrl())).text);
  for (const consent of ['', 'x', strange]) {
    const form = { consent, authorized: '1', 'user.info': 'on' };
    const answer = await maren.post(authorizeUrl()).type('form').send(form);
    expect(answer.status).toBe(403);
    expect(answer.headers.location).toBeUndefined();
  }
});

test('the demo user is logged in unasked, but still asked to agree', async () => {
  const { app } = buildTown();
  const browser = request.agent(app);
  const page = await browser.get(authorizeUrl({ mode: 'demo' }));
  expect(page.text).toContain('Demo user');
  expect(consentToken(page.text)).not.toBe('');
  const later = await browser.get(authorizeUrl());
  expect(later.text).toContain('Maren Holt');
});

test('logging out leads back to the authorize page, and nowhere else', async () => {
  const { app, login } = buildTown();
  const own = authorizeUrl();
  for (const [r, location] of [
    [own, own],
    [`http://own.example${own}`, own],
    [`https://evil.example${own}`, '/'],
    [`//evil.example${own}`, '/'],
    ['https://evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['/control/state', '/'],
    ['/oauth2_user/authorize2/../../x', '/'],
    ['javascript:alert(1)', '/'],
    ['http://[', '/'],
    ['', '/'],
  ] as const) {
    const browser = await login(MAREN);
    const answer = await browser.get(`/logout?r=${encodeURIComponent(r)}`).set('Host', 'own.example');
    expect([r, answer.status, answer.headers.location]).toEqual([r, 302, location]);
  }
  expect((await request(app).get('/sandbox/logout?r=https://evil.example/')).headers.location).toBe(
    '/sandbox/',
  );
});

test('logging out forgets the login, also on the side of the sandbox', async () => {
  const { app, login } = buildTown();
  const browser = await login(MAREN);
  const cookie = (
    await request(app).post('/oauth2_user/account_login').type('form').send({ user: MAREN })
  ).headers['set-cookie']?.[0]?.split(';')[0];
  expect((await request(app).get(authorizeUrl()).set('Cookie', String(cookie))).text).toContain(
    'name="consent"',
  );
  await request(app).get('/logout').set('Cookie', String(cookie));
  expect((await request(app).get(authorizeUrl()).set('Cookie', String(cookie))).text).not.toContain(
    'name="consent"',
  );
  await browser.get('/logout');
  expect((await browser.get(authorizeUrl())).text).toContain('there is no password');
});

test('pages run nothing, load nothing, sit in no frame, and forms lead back to the app alone', async () => {
  const { app } = buildTown();
  const { headers } = await request(app).get(authorizeUrl());
  expect(headers['content-security-policy']).toBe(
    "default-src 'none';style-src 'self';script-src 'none';connect-src 'none';img-src 'self';base-uri 'none';frame-ancestors 'none';" +
      "form-action 'self' http://localhost:3000 https://app.example",
  );
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['referrer-policy']).toBe('same-origin');
  const panel = await request(app).get('/');
  expect(panel.headers['content-security-policy']).toMatch(/form-action 'self' ?$/);
});

test('what a stranger put into the URL is text on the page', async () => {
  const { login } = buildTown();
  const page = await (await login(MAREN)).get(authorizeUrl({ state: '"><script>alert(1)</script>' }));
  expect(page.status).toBe(200);
  expect(page.text).not.toContain('<script');
});

test('a person removes the app on a page of her own', async () => {
  const { app, connect, login, refresh, authorize, redeem } = buildTown();
  const { refresh_token } = await connect();
  const code = await authorize(MAREN);
  const path = '/partner/disconnect_partner/sandbox';
  expect((await request(app).get(path)).text).toContain('there is no password');
  expect((await request(app).get('/partner/disconnect_partner/nobody')).text).toContain('Invalid clientid');

  const browser = await login(MAREN);
  const page = await browser.get(path);
  expect(page.text).toContain('Remove the app');
  expect((await browser.post(path).type('form').send({ consent: 'x' })).status).toBe(403);
  await browser
    .post(path)
    .type('form')
    .send({ consent: consentToken(page.text) })
    .expect(303);
  expect((await browser.get(path)).text).toContain('Not connected');
  expect((await refresh(refresh_token)).body.status).toBe(503);
  expect((await redeem(code)).body.status).toBe(503);
});

test('a login that several people share asks whose measures, and answers for that person', async () => {
  const { consent, login, redeem, connect } = buildTown();
  const browser = await login(10000004);
  const page = await browser.get(authorizeUrl());
  expect(page.text).toContain('Whose measures?');
  expect(page.text).not.toContain('name="consent"');
  const links = [...page.text.matchAll(/selecteduser=(\d+)/g)].map(([, id]) => id);
  expect(links).toEqual(['10000004', '10000005']);
  const answer = await consent(browser, { selecteduser: '10000005' });
  const code = new URL(String(answer.headers.location)).searchParams.get('code');
  expect((await redeem(String(code))).body.body.userid).toBe(10000005);
  const stranger = await browser.get(authorizeUrl({ selecteduser: String(MAREN) }));
  expect(stranger.text).toContain('Whose measures?');
  expect((await connect(MAREN, { selecteduser: '10000005' })).userid).toBe(MAREN);
});

test('one of a family removes the app for that one alone, and is asked who it is', async () => {
  const [ada, joseph] = ['10000004', '10000005'];
  const { app, connect, login, data } = buildTown();
  const tokens = await Promise.all([ada, joseph].map((who) => connect(Number(who), { selecteduser: who })));
  const browser = await login(Number(ada));
  const path = '/partner/disconnect_partner/sandbox';
  const asked = await browser.get(path);
  expect(asked.text).toContain('Who removes the app?');
  expect(asked.text).toContain(`href="${path}?selecteduser=${joseph}"`);
  const page = await browser.get(`${path}?selecteduser=${joseph}`);
  expect(page.text).toContain('Joseph Okafor');
  const nobody = await browser
    .post(path)
    .type('form')
    .send({ consent: consentToken(page.text) });
  expect(nobody.status).toBe(303);
  await browser
    .post(`${path}?selecteduser=${joseph}`)
    .type('form')
    .send({ consent: consentToken(page.text) });
  const status = async (index: number) =>
    (await data(tokens[index]?.access_token ?? '', '/v2/user', 'getdevice')).status;
  expect([await status(0), await status(1)]).toEqual([0, 401]);

  const stranger = await request(app).get(`${path}?selecteduser=${joseph}`);
  const form = /action="([^"]+)"/.exec(stranger.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const back = await request(app).post(form).type('form').send({ user: ada });
  expect(back.headers.location).toBe(`${path}?selecteduser=${joseph}`);
});

test('a fault chosen on the consent page strikes the exchange once; an unknown one is nothing', async () => {
  const { login, consent, redeem, state } = buildTown();
  const browser = await login(MAREN);
  const codeOf = async (fault: string) => {
    const answer = await consent(browser, {}, { fault });
    return new URL(String(answer.headers.location)).searchParams.get('code') ?? '';
  };
  expect((await browser.get(authorizeUrl())).text).toContain('name="fault" value="refuse-code"');
  const code = await codeOf('refuse-code');
  expect((await redeem(code)).body.error).toBe('Invalid Params: invalid code');
  expect((await redeem(code)).body.status).toBe(0);
  for (const other of ['', 'reset', 'constructor']) await codeOf(other);
  expect((await state()).faults).toEqual([]);
  expect((await redeem(await codeOf('partial-scope'))).body.body.scope).toBe('user.info');
  const forged = { authorized: '1', consent: '0'.repeat(40), fault: 'http-500' };
  expect((await browser.post(authorizeUrl()).type('form').send(forged)).status).toBe(403);
  const denied = { authorized: '0', fault: 'http-500' };
  await consent(browser, {}, denied);
  expect((await state()).faults).toEqual([]);
});
