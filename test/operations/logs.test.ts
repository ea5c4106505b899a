import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { createLog } from '../../src/operations/logging.ts';
import { startApp } from '../support/app.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { tapWire } from '../support/wire-tap.ts';
import { startFarApart } from '../support/withings.ts';

const FAULTS = [
  'http-500',
  'html',
  'truncated',
  'reset',
  'lose-reply',
  'wrong-secret',
  'refuse-code',
  'refuse-refresh',
];

test('no token, code, state, secret, cookie or address is in any line or on any page, whatever happens', async () => {
  const { app: far, withings: site } = await startFarApart();
  const tap = await tapWire(site.url);
  const app = await far.restart({ WITHINGS_API_URL: tap.url });
  const visitor = visit(app);
  const withings = sandboxOf(site, '');
  const pages: string[] = [];
  const secrets = new Set<string>(['far-secret', ...app.config.sessionSecrets]);
  const note = (address: string | URL) => {
    const { searchParams } = new URL(address, app.url);
    for (const name of ['code', 'state'])
      if (searchParams.get(name)) secrets.add(String(searchParams.get(name)));
  };

  for (const fault of [null, ...FAULTS]) {
    app.clock.now += 60_000;
    const authorize = await visitor.begin();
    const callback = await visitor.consent(authorize, 'Allow');
    note(authorize);
    note(callback);
    if (fault) await withings.fault(fault, { times: 1 });
    pages.push((await visitor.get(callback)).text);
    pages.push((await visitor.get('/dashboard')).text, (await visitor.json('/api/measures')).text);
    pages.push((await visitor.post('/refresh')).text, (await visitor.json('/api/connection')).text);
    pages.push((await visitor.get(`${callback}&x=y`)).text);
    for (const cookie of visitor.cookies().split('; ')) {
      const value = decodeURIComponent(cookie.split('=')[1] ?? '');
      if (value) secrets.add(value).add(value.replace(/^s:/, '').split('.')[0] ?? value);
    }
    await withings.clearFaults();
  }
  pages.push((await visitor.post('/disconnect')).text);
  const tokens = tap.tokens();
  expect(tokens.length).toBeGreaterThan(20);
  for (const token of tokens) secrets.add(token);
  expect(secrets.size).toBeGreaterThan(30);

  const logs = app.logs();
  expect(logs.length).toBeGreaterThan(1000);
  for (const secret of secrets) {
    expect(logs).not.toContain(secret);
    expect(pages.join('\n')).not.toContain(secret);
  }
  expect(logs).not.toMatch(/\?(code|state)=|Bearer|client_secret/);
});

test('a refresh is one line; what only the operator can mend is an error', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  const { userId } = (await visitor.json('/api/connection')).body;
  for (const fault of [null, 'http-500', 'wrong-secret']) {
    app.clock.now += 60_000; // a press a minute
    if (fault) await sandboxOf(app).fault(fault, { on: 'requesttoken' });
    await visitor.post('/refresh');
  }
  const lines = app
    .logs()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const refreshes = lines
    .filter(({ msg }) => msg === 'refresh')
    .map(({ level, outcome }) => [level, outcome]);
  expect(refreshes).toEqual([
    ['info', 'refreshed'],
    ['warn', 'withings-unreachable'],
    ['error', 'client-refused'],
  ]);
  expect(app.logs()).not.toContain(userId);
});

test('so is an exchange that fails for it', async () => {
  const app = await startApp();
  const visitor = visit(app);
  for (const fault of ['refuse-code', 'wrong-secret']) {
    await sandboxOf(app).fault(fault, { on: 'requesttoken' });
    await visitor.connect();
  }
  const failures = app
    .logs()
    .split('\n')
    .filter((line) => line.includes('"msg":"connecting failed"'))
    .map((line) => [JSON.parse(line).level, JSON.parse(line).outcome]);
  expect(failures).toEqual([
    ['warn', 'code-refused'],
    ['error', 'client-refused'],
  ]);
});

describe('lines', () => {
  test('one JSON object a line, by route pattern, whatever is in the address', async () => {
    const app = await startApp();
    const visitor = visit(app);
    for (const evil of ['%0d%0a{"level":"fatal"}', '%E2%80%A8', '%1b[31m', '%00'])
      await visitor.get(`/x${evil}?a=${evil}`);
    await visitor.json('/callback?state=x');
    const type = 'application/x-www-form-urlencoded; charset=whisper';
    const refused = request(app.url)
      .post('/nowhere')
      .set({ Origin: app.url, 'Content-Type': type })
      .send('a=1');
    expect((await refused).status).toBe(415);
    expect(app.logs()).not.toMatch(/whisper/i);
    const lines = app.logs().trim().split('\n');
    const routes = lines.map((line) => JSON.parse(line)).filter((line) => line.msg === 'request');
    expect(routes).toHaveLength(6);
    expect(routes.at(4)).toEqual({
      level: 'info',
      time: expect.any(String),
      requestId: expect.any(String),
      method: 'GET',
      route: '/callback',
      status: 400,
      milliseconds: expect.any(Number),
      msg: 'request',
    });
    expect(new Set(routes.slice(0, 4).map((line) => line.route))).toEqual(new Set(['none']));
  });
});

test('whoever asks every second whether we live fills no log', async () => {
  const app = await startApp();
  for (const path of ['/healthz', '/readyz', '/']) await request(app.url).get(path);
  const levels = app
    .logs()
    .split('\n')
    .filter((line) => line.includes('"msg":"request"'))
    .map((line) => [JSON.parse(line).route, JSON.parse(line).level]);
  expect(levels).toEqual([
    ['/healthz', 'debug'],
    ['/readyz', 'debug'],
    ['/', 'info'],
  ]);
});

test.each([false, true])(
  'whoever read it is gone, on a terminal %s: no error that nobody hears',
  async (isTTY) => {
    let writes = 0;
    const output = new Writable({
      autoDestroy: false, // like the output of a process
      write(_chunk, _encoding, done) {
        writes += 1;
        done(new Error('EPIPE'));
      },
    });
    const log = createLog('info', Object.assign(output, { isTTY }));
    log.info('one');
    await until(() => writes === 1);
    log.info('two');
    await new Promise((resolve) => setImmediate(resolve));
  },
);
