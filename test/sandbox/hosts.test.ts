import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import request from 'supertest';
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { startApp } from '../support/app.ts';
import { atEnd, tempDir } from '../support/machine.ts';
import { activated, contractWith } from '../support/partner.ts';
import { until } from '../support/until.ts';
import { authorizeUrl, buildTown, MAREN } from './town.ts';

/** A sandbox whose calls go nowhere and are written down. */
function town(options: Partial<SandboxOptions> = {}) {
  const called: string[] = [];
  const fetch = async (url: unknown) => {
    called.push(String(url));
    return new Response();
  };
  const built = buildTown({ fetch, ...options });
  atEnd(() => built.sandbox.close());
  const register = (url: string) => request(built.app).post('/control/callbacks').send({ url });
  return { ...built, called, register };
}

test('callback URLs are registered on this machine, where its applications are, and at the hosts it was told', async () => {
  const { register } = town({ callbackHosts: ['told.example'] });
  for (const url of [
    'http://localhost:5000/back',
    'http://127.0.0.1/back',
    'http://127.9.8.7:81/back',
    'http://[::1]:5000/back',
    'https://app.example/another',
    'http://told.example:8080/back',
  ])
    expect([url, (await register(url)).status]).toEqual([url, 200]);
  for (const url of [
    'http://elsewhere.example/',
    'http://169.254.169.254/latest',
    'http://10.0.0.1/',
    'http://0.0.0.0/',
    'http://[::ffff:10.0.0.1]/',
    'http://localhost.elsewhere.example/',
    'http://127.0.0.1.elsewhere.example/',
    'http://app.example:8080/back',
    'http://below.told.example/',
  ]) {
    const { status, body } = await register(url);
    expect([url, status, body.error]).toEqual([url, 400, expect.stringContaining('calls no such host')]);
    expect(body.known.hosts).toEqual(
      expect.arrayContaining(['localhost', '127.0.0.0/8', '[::1]', 'https://app.example', 'told.example']),
    );
  }
});

test('one that was registered before is neither gone to, nor asked, nor posted to', async () => {
  const dataDir = tempDir();
  const fields = { appli: '1', callbackurl: 'http://told.example/hook' };
  const redirect_uri = 'http://told.example/back';
  const before = town({ dataDir, callbackHosts: ['told.example'] });
  await before.register(redirect_uri).expect(200);
  const { access_token } = await before.connect();
  expect((await before.data(access_token, '/notify', 'subscribe', fields)).status).toBe(0);
  before.sandbox.close();

  const { app, login, data, called } = town({ dataDir });
  const browser = await login(MAREN);
  const page = await browser.get(authorizeUrl({ redirect_uri }));
  expect([page.status, page.text]).toEqual([400, expect.stringContaining('This sandbox sends nobody there')]);
  expect(page.headers['content-security-policy']).not.toContain('told.example');
  const answer = await browser.post(authorizeUrl({ redirect_uri })).type('form').send({ authorized: '0' });
  expect([answer.status, answer.headers.location]).toEqual([400, undefined]);
  expect((await data(access_token, '/notify', 'subscribe', { ...fields, appli: '4' })).status).toBe(293);
  await request(app).post(`/control/users/${MAREN}/weigh`).expect(200);
  const counters = async () => (await request(app).get('/control/state')).body.counters;
  await until(async () => (await counters()).notification?.['host not allowed'] === 2);
  expect(called).toEqual([]);
});

test('inside the app, no path of a callback URL leads to another host than the app itself', async () => {
  let asked = 0;
  const another = createServer((_req, res) => {
    asked += 1;
    res.end();
  }).listen(0, '127.0.0.1');
  await once(another, 'listening');
  atEnd(() => void another.close());
  const publicUrl = 'http://health.example';
  const contract = contractWith(await startApp({ PUBLIC_URL: publicUrl }));
  const redeemed = await contract.redeem(await activated(contract));
  if (!redeemed.ok) throw new Error(redeemed.refusal.code);
  const { accessToken } = redeemed.value;
  const subscribe = async (path: string) =>
    (await contract.subscribe(accessToken, { appli: 46, callbackUrl: `${publicUrl}${path}` })).ok;
  expect(await subscribe(`//127.0.0.1:${(another.address() as AddressInfo).port}/hook`)).toBe(false);
  expect(asked).toBe(0);
  expect(await subscribe('/healthz')).toBe(true);
});

test('a callback URL that would break a header is refused, and one from before breaks no page', async () => {
  const { app, login, register } = town({
    callbackHosts: ['a;b', 'a,b'],
    clients: [{ id: 'sandbox', secret: 's', name: 'Odd', redirectUris: ['http://a;b/', 'http://a,b/'] }],
  });
  for (const url of ['http://a;b/', 'http://a,b/', "http://a'b/", 'http://a%3Bb/'])
    expect([url, (await register(url)).status]).toEqual([url, 400]);
  const page = await (await login(MAREN)).get(authorizeUrl({ redirect_uri: 'http://a;b/' }));
  expect([page.status, page.text]).toEqual([400, expect.stringContaining('redirect_uri_mismatch')]);
  expect((await request(app).get(authorizeUrl({}))).status).toBe(400);
});
