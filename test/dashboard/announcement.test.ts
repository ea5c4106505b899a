import { expect, test } from '@jest/globals';
import { startApp } from '../support/app.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';

async function connected(begin = '/connect') {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect(begin);
  /** The title of the window, when the script asks again, and when a browser without one does. */
  const announced = async () => {
    app.clock.now += 600_000; // what is known is too old to be shown without asking
    const { text } = await visitor.get('/dashboard');
    return {
      // The page says what the window says.
      h1: /status-([\w-]+)"[^>]*>\s*<h1 id="status">([^<]*?)\s*</.exec(text)?.slice(1, 3),
      title: /<title>([^<]*) – Withings Connect<\/title>/.exec(text)?.[1],
      again: /data-again="(\d+)"/.exec(text)?.[1],
      refresh: /<noscript><meta http-equiv="refresh" content="(\d+)"><\/noscript>/.exec(text)?.[1],
    };
  };
  return { app, visitor, withings: sandboxOf(app), announced };
}

test('a page that is well says so, and asks for nothing', async () => {
  const { announced } = await connected();
  expect(await announced()).toEqual({
    h1: ['connected', 'Connected'],
    title: 'Connected',
    again: undefined,
    refresh: undefined,
  });
});

test('an outage is named, and asked about again', async () => {
  const { announced, withings } = await connected();
  await withings.fault('http-500', { times: 0 });
  expect(await announced()).toEqual({
    h1: ['degraded', 'Connected, but held up'],
    title: 'Withings cannot be reached',
    again: '0',
    refresh: '120',
  });
});

test('one service that fails is asked again, and the rest is not called away', async () => {
  const { announced, withings } = await connected();
  await withings.fault('http-500', { on: 'getactivity', times: 0 });
  expect(await announced()).toEqual({
    h1: ['connected', 'Connected'],
    title: 'Connected',
    again: '0',
    refresh: '120',
  });
});

test('a refresh that fails is named while what is known serves', async () => {
  const { announced, visitor, withings } = await connected();
  await withings.fault('status-522', { on: 'requesttoken', times: 1 });
  await visitor.post('/refresh');
  expect(await announced()).toMatchObject({
    h1: ['degraded', 'Connected, but held up'],
    title: 'Withings took too long to answer',
    again: '0',
  });
});

test('what was not shared is nothing to ask again for', async () => {
  const app = await startApp({ WITHINGS_SCOPE: 'user.metrics' });
  const visitor = visit(app);
  await visitor.connect();
  expect((await visitor.get('/dashboard')).text).not.toContain('data-again');
});

test('an end is an end', async () => {
  const { announced, visitor, withings } = await connected();
  await withings.unlink((await visitor.json('/api/connection')).body.userId);
  expect(await announced()).toEqual({
    h1: ['needs-reconnect', 'Please connect again'],
    title: 'Connect again',
    again: undefined,
    refresh: undefined,
  });
});

test('so is that of the demo', async () => {
  const { announced, app } = await connected('/connect?mode=demo');
  app.clock.now += 25 * 3_600_000;
  expect(await announced()).toEqual({
    h1: ['unlinked', 'The demo is over'],
    title: 'The demo is over',
    again: undefined,
    refresh: undefined,
  });
});
