import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import express, { type NextFunction, type Request, type Response } from 'express';
import { clocks, createConnect, openStore, Problem } from '../../src/embed/index.ts';
import { openSandbox } from '../../src/sandbox/sandbox.ts';
import { atEnd, freePort, tempDir } from '../support/machine.ts';
import { type Visitor, visit } from '../support/visitor.ts';

const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';

/** An application that knows people by a header, and says who that is in its own way. */
async function startHost(owner: (req: Request) => unknown) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const redirectUris = [`${url}/withings/callback`];
  const sandbox = openSandbox({
    now: Date.now,
    dataDir: tempDir(),
    clients: [{ id: 'host', secret: 'host-secret', name: 'Host', redirectUris }],
  });
  const far = express().use(sandbox.router).listen(0, '127.0.0.1');
  await new Promise((resolve) => far.once('listening', resolve));
  const withings = `http://127.0.0.1:${(far.address() as AddressInfo).port}`;
  const connect = createConnect({
    url: `${url}/withings`,
    withings: {
      clientId: 'host',
      clientSecret: 'host-secret',
      authorizeUrl: `${withings}/oauth2_user/authorize2`,
      apiUrl: `${withings}/`,
    },
    store: openStore({ dataDir: tempDir(), secrets: [SECRET] }),
    clocks,
    owner: owner as (req: Request) => string | null,
  });
  const app = express();
  app.use('/withings', connect.router);
  app.get('/', async (req, res) => {
    const fresh = await connect.fresh(req);
    res.send(fresh.ok ? 'usable' : fresh.refusal.code);
  });
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    if (error instanceof Problem) res.status(error.status).send(error.code);
    else res.status(500).send(error instanceof TypeError ? error.message : 'unexpected');
  });
  const server = app.listen(port, '127.0.0.1');
  atEnd(async () => {
    server.closeAllConnections();
    server.close();
    far.closeAllConnections();
    far.close();
    await connect.stop();
    sandbox.close();
  });
  return { url };
}

const byHeader = (req: Request) => req.get('X-User');

function as(visitor: Visitor, user: string) {
  return (address: string) => visitor.get(address, { 'X-User': user });
}

describe('nobody', () => {
  test.each([
    ['undefined', () => undefined],
    ['null', () => null],
    ['empty text', () => ''],
  ])('is who %s names: they connect nothing and share nothing', async (_what, owner) => {
    const visitor = visit(await startHost(owner));
    for (const path of ['/withings/connect', '/withings/callback?state=x&code=y']) {
      const answer = await visitor.get(path);
      expect([answer.status, answer.text]).toEqual([401, 'not-signed-in']);
    }
    expect((await visitor.get('/')).text).toBe('not-connected');
  });

  test('what is no text names nobody either, and is no small mistake', async () => {
    const visitor = visit(await startHost(async () => 'ada'));
    for (const path of ['/withings/connect', '/']) {
      const answer = await visitor.get(path);
      expect(answer.status).toBe(500);
      expect(answer.text).toContain('owner must return a string');
    }
  });
});

test('what one person began, another in the same browser cannot end', async () => {
  const visitor = visit(await startHost(byHeader));
  const ada = as(visitor, 'ada');
  const bob = as(visitor, 'bob');
  const begun = await ada('/withings/connect');
  const callback = await visitor.consent(new URL(String(begun.headers.location)), 'Allow');
  const refused = await bob(callback);
  expect([refused.status, refused.text]).toEqual([400, 'attempt-unknown']);
  expect((await bob('/')).text).toBe('not-connected');
  expect((await ada(callback)).status).toBe(303); // it is still hers
  expect((await ada('/')).text).toBe('usable');
  expect((await bob(callback)).status).toBe(400);
});

test('two people in one browser, one after the other, each with an attempt of their own', async () => {
  const visitor = visit(await startHost(byHeader));
  for (const name of ['ada', 'bob']) {
    const user = as(visitor, name);
    const begun = await user('/withings/connect');
    const callback = await visitor.consent(new URL(String(begun.headers.location)), 'Allow');
    expect((await user(callback)).status).toBe(303);
    expect((await user('/')).text).toBe('usable');
  }
});

describe('options that cannot work are said at once', () => {
  const good = { clientId: 'id', clientSecret: 'secret' };

  function connectWith(url: string, withings: Parameters<typeof createConnect>[0]['withings']) {
    const store = openStore({ dataDir: tempDir(), secrets: [SECRET] });
    try {
      return createConnect({ url, withings, store, clocks, owner: () => null });
    } catch (error) {
      store.close();
      throw error;
    }
  }

  test.each([
    ['no client', 'https://x.example/w', { clientId: undefined, clientSecret: undefined }, 'clientId'],
    ['an empty secret', 'https://x.example/w', { clientId: 'id', clientSecret: '' }, 'clientSecret'],
    ['no url', '', good, 'url of its router'],
    ['a url of another kind', 'ftp://x.example/w', good, 'url of its router'],
    ['a slash at its end', 'https://x.example/w/', good, 'slash at its end'],
    ['a query', 'https://x.example/w?a', good, 'url of its router'],
    ['an API without a slash', 'https://x.example/w', { ...good, apiUrl: 'https://api.example' }, 'apiUrl'],
    ['no address at all', 'https://x.example/w', { ...good, authorizeUrl: 'here' }, 'authorizeUrl'],
  ])('%s', (_what, url, withings, words) => {
    expect(() => connectWith(url, withings)).toThrow(words);
  });

  test('what is undefined counts as left out', async () => {
    const left = { scope: undefined, cloud: undefined, authorizeUrl: undefined, apiUrl: undefined };
    const connect = connectWith('https://x.example/w', { ...good, ...left, timeoutMs: undefined });
    const url = new URL(connect.withings.authorizeUrl('state', false));
    expect(url.origin).toBe('https://account.withings.com');
    expect(url.searchParams.get('redirect_uri')).toBe('https://x.example/w/callback');
    expect(url.searchParams.get('scope')).toBe('user.info,user.metrics,user.activity');
    await connect.stop();
  });
});
