import https from 'node:https';
import { connect } from 'node:net';
import { afterEach, expect, jest, test } from '@jest/globals';
import type { TestApp } from '../support/app.ts';
import { visit } from '../support/visitor.ts';
import { startFarApart } from '../support/withings.ts';

afterEach(() => void jest.restoreAllMocks());

/** The app with nothing but `WITHINGS_CLOUD=us`; what it sends to any host arrives at the sandbox, by host. */
async function startInUs() {
  const { app, withings } = await startFarApart();
  const hosts = new Set<string>();
  jest.spyOn(https.Agent.prototype, 'createConnection').mockImplementation((options) => {
    const { host, port } = options as { host: string; port: number };
    hosts.add(`${host}:${port}`);
    return connect(Number(new URL(withings.url).port), '127.0.0.1');
  });
  const us = await app.restart({
    WITHINGS_CLOUD: 'us',
    WITHINGS_AUTHORIZE_URL: '',
    WITHINGS_API_URL: '',
    WITHINGS_ISSUER: '',
  });
  return { app: us, withings, hosts };
}

/** Through a browser for which Withings' accounts live at the sandbox. */
async function connectThere(app: TestApp, sandboxUrl: string) {
  const visitor = visit(app);
  const authorize = await visitor.begin();
  expect(authorize.origin + authorize.pathname).toBe(
    'https://account.us.withingsmed.com/oauth2_user/authorize2',
  );
  const there = new URL(authorize.pathname + authorize.search, sandboxUrl);
  const callback = await visitor.consent(there, 'Allow');
  expect((await visitor.get(callback)).headers.location).toBe('/dashboard');
  return visitor;
}

test('one setting moves every call to the hosts in the United States', async () => {
  const { app, withings, hosts } = await startInUs();
  const visitor = await connectThere(app, withings.url);
  expect((await visitor.get('/dashboard')).text).toContain('Connected');
  app.clock.now += 3 * 3_600_000;
  expect((await visitor.json('/api/measures')).status).toBe(200);
  const receipt = await visitor.post('/disconnect').then(() => visitor.get('/'));
  expect(receipt.text).toContain('Disconnected');
  expect([...hosts]).toEqual(['wbsapi.us.withingsmed.net:443']);
});

test('"connect another account" logs out there', async () => {
  const { app } = await startInUs();
  const url = await visit(app).begin('/connect?account=other');
  expect(url.origin + url.pathname).toBe('https://account.us.withingsmed.com/logout');
});
