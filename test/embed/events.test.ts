import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import request from 'supertest';
import type { Connect, ConnectEvents } from '../../src/embed/index.ts';
import { connects, startHost } from './host.ts';

const ADA = { userId: 10000004 };

/** Resolves when the application is told of this. */
function told<Name extends keyof ConnectEvents>(connect: Connect, name: Name): Promise<ConnectEvents[Name]> {
  return new Promise((resolve) => {
    const end = connect.on(name, (event) => {
      end();
      resolve(event);
    });
  });
}

test('the application is told who has connected, and whose connection is over and why', async () => {
  const host = await startHost();
  const { connect, sandbox } = host;
  const connected = told(connect, 'connected');
  await connects(host, 'ada', ADA);
  expect(await connected).toEqual({ owner: 'ada', userId: String(ADA.userId) });

  const ended = told(connect, 'ended');
  sandbox.unlink(ADA.userId);
  sandbox.clock.advance(4 * 3600);
  await connect.of('ada').fresh();
  expect(await ended).toEqual({ owner: 'ada', code: 'refresh-token-refused' });

  await connects(host, 'ada', ADA);
  await connects(host, 'ada at work', ADA);
  const left: ConnectEvents['ended'][] = [];
  connect.on('ended', (event) => left.push(event));
  await connect.of('ada').disconnect();
  expect(left.toSorted((a, b) => a.owner.localeCompare(b.owner))).toEqual([
    { owner: 'ada', code: null },
    { owner: 'ada at work', code: null },
  ]);
});

test('news reach those whose they are, at an address of the router', async () => {
  const host = await startHost({ webhooks: true });
  const { connect, sandbox } = host;
  const subscribed = new Promise<void>((resolve) => {
    const look = setInterval(() => {
      const { users } = sandbox.state();
      if (users.flatMap(({ subscriptions }) => subscriptions).length < 6) return;
      clearInterval(look);
      resolve();
    }, 20);
  });
  await connects(host, 'ada', ADA);
  await subscribed;
  const before = await connect.of('ada').measures({ days: 1 });
  const news = told(connect, 'news');
  sandbox.weigh(ADA.userId);
  expect(await news).toEqual({ owner: 'ada', services: ['measures'] });
  sandbox.clock.advance(20); // the same is not asked for twice in ten seconds
  const after = await connect.of('ada').measures({ days: 1 });
  if (!before.ok || !after.ok) throw new Error('no measures');
  expect(after.value.rows.length).toBeGreaterThan(before.value.rows.length);

  const [{ callbackUrl } = { callbackUrl: '' }] = sandbox
    .state()
    .users.flatMap(({ subscriptions }) => subscriptions);
  expect(callbackUrl.startsWith(`${host.url}/withings/webhooks/withings/`)).toBe(true);
  const { pathname } = new URL(callbackUrl);
  await request(host.url).head(pathname).expect(200); // Withings asks so; nobody is signed in
  await request(host.url).head(`${pathname}x`).expect(404);

  const heard: unknown[] = [];
  connect.on('news', ({ services }) => heard.push(services));
  const last = () => sandbox.calls().at(-1)?.id;
  const soFar = last();
  const unlink = `userid=${ADA.userId}&appli=46&action=unlink`;
  await request(host.url).post(pathname).send(unlink).expect(200);
  while (last() === soFar) await setTimeout(20); // it is checked
  const next = told(connect, 'news');
  sandbox.weigh(ADA.userId);
  await next;
  expect(heard).toEqual([['measures']]); // that somebody says so is no news
  await connect.of('ada').disconnect();
  expect(sandbox.state().users.flatMap(({ subscriptions }) => subscriptions)).toEqual([]);
});

test('nothing listens at that address unless it is wanted', async () => {
  const { url } = await startHost();
  await request(url).post('/withings/webhooks/withings/x').expect(404);
});

test('a listener that fails, at once or later, harms nobody', async () => {
  const host = await startHost();
  host.connect.on('connected', () => {
    throw new Error('at once');
  });
  host.connect.on('connected', () => Promise.reject(new Error('later')));
  const connected = told(host.connect, 'connected');
  await connects(host, 'ada');
  await connected;
});

test('what cannot be listened to, and who cannot listen, is said at once', async () => {
  const { connect } = await startHost();
  for (const name of ['disconnected', 'toString', '__proto__'])
    expect(() => connect.on(name as 'ended', () => {})).toThrow('is none of connected, news, ended');
  expect(() => connect.on('news', 'x' as never)).toThrow("must be a function, and is 'x'");
});
