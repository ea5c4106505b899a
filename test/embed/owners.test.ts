import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import express, { type ErrorRequestHandler } from 'express';
import { pino } from 'pino';
import request from 'supertest';
import { clocks, createConnect, openStore } from '../../src/embed/index.ts';
import { createSandbox } from '../../src/sandbox/create.ts';
import { atEnd, freePort, tempDir } from '../support/machine.ts';
import { visit } from '../support/visitor.ts';
import { as, connects, SECRET, startHost } from './host.ts';

type Owner = (req: IncomingMessage) => string | null | undefined;

describe('nobody', () => {
  test.each([
    ['undefined', () => undefined],
    ['null', () => null],
    ['empty text', () => ''],
  ])('is who %s names: they connect nothing and share nothing', async (_what, owner) => {
    const visitor = visit(await startHost({ owner }));
    for (const path of ['/withings/connect', '/withings/callback?state=x&code=y']) {
      const answer = await visitor.get(path);
      expect([answer.status, answer.text]).toEqual([401, 'not-signed-in']);
    }
    expect((await visitor.get('/')).text).toBe('not-connected');
  });

  test('what is no text names nobody either, and is no small mistake', async () => {
    const owner = (async () => 'ada') as unknown as Owner;
    const host = await startHost({ owner });
    const visitor = visit(host);
    for (const path of ['/withings/connect', '/']) {
      const answer = await visitor.get(path);
      expect(answer.status).toBe(500);
      expect(answer.text).toContain('owner must return a string');
    }
  });

  test('what is neither a request nor a name is not whoever `owner` makes of it', async () => {
    const { connect } = await startHost({ owner: () => 'ada' });
    for (const name of ['', undefined, null, 7, [], {}, new String('ada'), '\ud800'])
      expect(() => connect.of(name as string)).toThrow('needs a request, or an owner');
    await expect(connect.fresh({} as IncomingMessage)).rejects.toThrow(TypeError);
  });

  test('half a character is no name: all halves would be one', async () => {
    const answer = await visit(await startHost({ owner: () => 'ada\ud800' })).get('/withings/connect');
    expect([answer.status, answer.text]).toEqual([500, expect.stringContaining('whole characters')]);
  });
});

test('what one person began, another in the same browser cannot end', async () => {
  const host = await startHost();
  const visitor = visit(host);
  const [ada, bob] = [as(visitor, 'ada'), as(visitor, 'bob')];
  const begun = await ada('/withings/connect');
  const callback = host.sandbox.consent(String(begun.headers.location));
  const refused = await bob(callback);
  expect([refused.status, refused.text]).toEqual([400, 'attempt-unknown']);
  expect((await bob('/')).text).toBe('not-connected');
  expect((await ada(callback)).status).toBe(303); // it is still hers
  expect((await ada('/')).text).toBe('usable');
  expect((await bob(callback)).status).toBe(400);
});

test('two people in one browser, one after the other, each with an attempt of their own', async () => {
  const host = await startHost();
  const visitor = visit(host);
  for (const name of ['ada', 'bob']) {
    const user = as(visitor, name);
    const begun = await user('/withings/connect');
    expect((await user(host.sandbox.consent(String(begun.headers.location)))).status).toBe(303);
    expect((await user('/')).text).toBe('usable');
  }
});

test('two routers in one application, each with attempts and results of its own', async () => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const app = express();
  const paths = ['/a', '/b'];
  const sandbox = await createSandbox({ redirectUris: paths.map((path) => `${origin}${path}/callback`) });
  atEnd(sandbox.close);
  for (const path of paths) {
    const connect = createConnect({
      url: origin + path,
      withings: { clientId: sandbox.client.id, clientSecret: sandbox.client.secret, apiUrl: sandbox.url },
      store: openStore(`sqlite:${tempDir()}`, { secrets: [`${SECRET}${path}`] }),
      clocks: { ...clocks, now: sandbox.clock.now },
      owner: () => 'ada',
      log: pino({ level: 'silent' }),
    });
    atEnd(connect.stop);
    app.use(path, connect.router);
  }
  const failed: ErrorRequestHandler = (error, _req, res, _next) =>
    void res.status(error.status).send(error.code);
  app.use(failed);
  const server = app.listen(port, '127.0.0.1');
  atEnd(() => void server.close());
  const browser = request.agent(origin).set('Accept', 'text/html');
  const get = (address: string) => browser.get(address.replace(origin, ''));
  const begin = async (path: string) => String((await get(`${path}/connect`)).headers.location);

  const [a, b] = [await begin('/a'), await begin('/b')];
  for (const address of [a, b]) {
    expect((await get(sandbox.consent(address))).headers.location).toBe('/');
  }
  const results: string[] = [];
  for (const path of paths) {
    const denied = await get(sandbox.consent(await begin(path), { scope: '' }));
    results.push(String(denied.headers.location));
  }
  for (const result of results) expect((await get(result)).text).toBe('access-denied');
});

test.each([
  ['/preferences?tab=2', '/preferences?tab=2'],
  ['/operator', '/operator'],
  ['/withings', '/withings'],
  ['/withings/disconnect', '/'],
  ['/Withings/connect?mode=demo', '/'],
  ['//evil.example', '/'],
])(
  'pages of the application may be come back to, and no address of the router: %s',
  async (asked, landed) => {
    const host = await startHost();
    const ada = as(visit(host), 'ada');
    const begun = await ada(`/withings/connect?${new URLSearchParams({ return_to: asked })}`);
    expect((await ada(host.sandbox.consent(String(begun.headers.location)))).headers.location).toBe(landed);
  },
);

test('nobody is disconnected by a link', async () => {
  const answer = await as(visit(await startHost()), 'ada')('/withings/disconnect');
  expect([answer.status, answer.text, answer.headers.allow]).toEqual([405, 'method-not-allowed', 'POST']);
});

describe('everybody who has connected', () => {
  const ADA = { userId: 10000004 };
  const TOMAS = { userId: 10000002 };

  test('is listed a page at a time, by the names that the application has for them', async () => {
    const host = await startHost();
    const { connect, sandbox } = host;
    await connects(host, 'ada', ADA);
    await connects(host, 'ada at work', ADA); // two people of the application may share one account
    await connects(host, 'tomas', TOMAS);
    const first = await connect.list({ limit: 1 });
    const second = await connect.list({ limit: 1, after: first.next });
    const people = [...first.people, ...second.people].toSorted((a, b) => a.owner.localeCompare(b.owner));
    expect(people).toEqual(['ada', 'ada at work', 'tomas'].map((owner) => ({ owner, state: 'connected' })));
    expect((await connect.list({ limit: 1, after: second.next })).next).toBeNull();

    await connect.of('ada').disconnect(); // ends it for both
    sandbox.unlink(TOMAS.userId);
    sandbox.clock.advance(4 * 3600);
    expect((await connect.of('tomas').fresh()).ok).toBe(false);
    expect(await connect.list()).toEqual({
      people: [{ owner: 'tomas', state: 'needs-reconnect' }],
      next: null,
    });
  });

  test('who tries the demo is nobody of those', async () => {
    const host = await startHost();
    for (const name of ['guest', 'another']) {
      const visitor = as(visit(host), name);
      const begun = await visitor('/withings/connect?mode=demo');
      await visitor(host.sandbox.consent(String(begun.headers.location)));
    }
    expect((await host.connect.of('guest').status()).demo).toBe(true);
    expect((await host.connect.list()).people).toEqual([]);
    expect(await host.connect.of('guest').disconnect()).toMatchObject({ person: { demo: true } });
    expect((await host.connect.of('guest').status()).state).toBe('not-connected');
    expect((await host.connect.of('another').status()).state).toBe('connected'); // everybody shares the permission
  });

  test('who was known to another Withings is nobody of those either', async () => {
    const address = `sqlite:${tempDir()}` as const;
    const [before, after] = [
      openStore(address, { secrets: [SECRET] }),
      openStore(address, { secrets: [SECRET] }),
    ];
    await connects(await startHost({ store: before }), 'ada');
    const { connect } = await startHost({ store: after });
    expect((await connect.list()).people).toEqual([]);
    expect((await connect.of('ada').status()).state).toBe('not-connected');
  });
});
