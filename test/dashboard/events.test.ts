import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { startApp } from '../support/app.ts';
import { openEvents } from '../support/event-stream.ts';
import { atEnd } from '../support/machine.ts';
import { REFRESH, sandboxOf } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';

const HOUR = 3_600_000;

async function connected(path = '/connect') {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect(path);
  return { app, visitor, withings: sandboxOf(app), cookie: visitor.cookies() };
}

test('it begins with the status, never a token, and tells of a refresh made elsewhere', async () => {
  const { app, visitor, cookie } = await connected();
  const events = await openEvents(app, cookie);
  expect(events.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const { lastsUntil: _, lastsBecause: __, ...status } = (await visitor.json('/api/connection')).body;
  expect(await events.next()).toEqual(status);
  app.clock.now += 60_000;
  await visitor.post('/refresh');
  let seen = await events.next();
  while (!seen.lastRefresh) seen = await events.next(); // it may be seen while it is under way
  expect(seen).toMatchObject({ state: 'connected', lastRefresh: { outcome: 'refreshed' } });
  expect(JSON.stringify(seen)).not.toMatch(/[0-9a-f]{40}/);
});

test('an open page is a visitor: its token is refreshed in time', async () => {
  const { app, cookie, withings } = await connected();
  const events = await openEvents(app, cookie);
  await events.next();
  app.clock.now += 3 * HOUR - 60_000;
  let seen = await events.next();
  while (!seen.lastRefresh) seen = await events.next();
  expect(seen).toMatchObject({ state: 'connected', lastRefresh: { outcome: 'refreshed' } });
  expect(await withings.calls(REFRESH)).toBe(1);
});

test('a log-out elsewhere ends the stream, and it comes back to nothing', async () => {
  const { app, visitor, cookie } = await connected();
  const events = await openEvents(app, cookie);
  await events.next();
  await visitor.post('/logout');
  expect(await events.next()).toMatchObject({ state: 'not-connected', userId: null });
  await events.ended;
  expect((await openEvents(app, cookie)).status).toBe(204);
});

test('the person removes the app: the page hears of it with the next call', async () => {
  const { app, visitor, cookie, withings } = await connected();
  const events = await openEvents(app, cookie);
  const { userId } = await events.next();
  await withings.unlink(String(userId));
  await visitor.post('/check');
  let seen = await events.next();
  while (seen.state !== 'needs-reconnect') seen = await events.next();
  expect(seen.problem).toMatchObject({ code: 'refresh-token-refused' });
});

test('without a connection there is nothing to watch', async () => {
  const app = await startApp();
  expect((await openEvents(app, '')).status).toBe(204);
});

test('one browser opens four streams and no more; closing one makes room', async () => {
  const { app, visitor, cookie } = await connected();
  const streams = await Promise.all(Array.from({ length: 4 }, () => openEvents(app, cookie)));
  await Promise.all(streams.map((stream) => stream.next()));
  const refused = await visitor.json('/events');
  expect([refused.status, refused.body.problem.code]).toEqual([503, 'too-many-streams']);
  expect(refused.headers['retry-after']).toBe('30');
  streams[0]?.close();
  await streams[0]?.ended;
  let again = await openEvents(app, cookie);
  for (let tries = 0; again.status !== 200 && tries < 50; tries += 1) again = await openEvents(app, cookie);
  expect(again.status).toBe(200);
});

test('two sessions on one connection, both watch, one is logged out: the program goes on', async () => {
  const { app, visitor, cookie } = await connected();
  const other = visit(app);
  await other.connect();
  const ask = (who: string) => `GET /events HTTP/1.1\r\nHost: x\r\nCookie: ${who}\r\n\r\n`;
  const socket = connect(app.config.port, '127.0.0.1', () =>
    socket.write(ask(cookie) + ask(other.cookies())),
  );
  atEnd(() => void socket.destroy());
  let answers = '';
  socket.on('data', (chunk) => {
    answers += chunk;
  });
  await once(socket, 'data');
  await other.post('/logout');
  await visitor.post('/logout'); // now the answer to the second comes through
  await until(() => answers.includes('HTTP/1.1 503'));
  expect((await visitor.get('/')).status).toBe(200);
});

test('stopping does not wait for those who watch', async () => {
  const { app, cookie } = await connected();
  const events = await openEvents(app, cookie);
  await events.next();
  const stopped = app.stop();
  await events.ended;
  await stopped;
});
