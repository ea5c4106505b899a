import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import { createEvents, type EventParts } from '../../src/dashboard/events.ts';
import type { Problem } from '../../src/problems/catalogue.ts';
import { content } from '../store/store-contract.ts';
import { door } from '../support/door.ts';
import { openEvents } from '../support/event-stream.ts';
import { atEnd } from '../support/machine.ts';
import { until } from '../support/until.ts';

const grant = { ...content, id: 'eu:363', writeId: '', leased: false, restored: false };

/** The streams by themselves: every cookie is a session of one person, and time goes on when the test says so. */
async function startStreams(more: Partial<EventParts> = {}) {
  const sleeps: { ms: number; signal: AbortSignal; end: () => void }[] = [];
  const looks = { count: 0 };
  let publish = (_: string) => {};
  const events = createEvents({
    grants: { fresh: async () => ({ ok: true, value: grant }) },
    timezones: { of: async () => null },
    now: () => content.connectedAt,
    refreshMarginSeconds: 600,
    newsAt: async () => 0,
    pubsub: {
      onChange(listener) {
        publish = listener;
      },
      publish() {},
      subscribe() {},
    },
    sleep: (ms, signal) =>
      new Promise<void>((resolve) => {
        sleeps.push({ ms, signal, end: resolve });
        signal.addEventListener('abort', () => resolve());
      }),
    ...more,
  });
  const session = { withings: grant };
  const sessions: RequestHandler = (req, _res, next) => {
    const get = (_id: string, done: (error: null, data: unknown) => void) => {
      looks.count += 1;
      done(null, session);
    };
    Object.assign(req, {
      session,
      sessionID: req.get('cookie'),
      sessionStore: { get },
    } as unknown as Request);
    next();
  };
  const problems: ErrorRequestHandler = (problem: Problem, _req, res, _next) =>
    void res.status(503).send(problem.code);
  const held = door();
  const app = express().set('trust proxy', 1);
  app.get('/held', (_req, res) => held.opened.then(() => void res.end()));
  const server = app.use(sessions).get('/events', events.handler).use(problems).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  atEnd(() => {
    events.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const path = '/events?since=1970-01-01T00:00:10Z';
  const open = (cookie = 'ada', address = '192.0.2.1') =>
    openEvents({ url: `http://127.0.0.1:${port}` }, cookie, path, { 'X-Forwarded-For': address });
  const connections: Socket[] = [];
  server.on('connection', (socket) => void connections.push(socket));
  return {
    open,
    events,
    sleeps,
    looks,
    port,
    path,
    held,
    connections,
    publish: (id = grant.id) => publish(id),
  };
}

test('a thousand streams in all are open and no more; closing one makes room', async () => {
  const { open } = await startStreams();
  const streams = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => open(`browser ${i % 250}`, `192.0.2.${i % 250}`)),
  );
  expect(streams.filter(({ status }) => status === 200)).toHaveLength(1000);
  expect((await open('somebody else', '198.51.100.1')).status).toBe(503);
  streams[0]?.close();
  await until(async () => (await open('somebody else', '198.51.100.1')).status === 200);
});

test('one address has two hundred and fifty of them, and takes none from the others', async () => {
  const { open } = await startStreams();
  const streams = await Promise.all(Array.from({ length: 251 }, (_, i) => open(`browser ${i}`)));
  expect(streams.filter(({ status }) => status === 503)).toHaveLength(1);
  expect((await open('somebody else', '198.51.100.1')).status).toBe(200);
});

test('one connection has one stream: two sessions on it, a log-out of the second, and everybody lives', async () => {
  const { open, sleeps, port, path } = await startStreams();
  const ask = (cookie: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`;
  const socket = connect(port, '127.0.0.1', () => socket.write(ask('ada') + ask('bob')));
  atEnd(() => void socket.destroy());
  await until(() => sleeps.length === 2); // the looks and the heartbeat of the first
  await open('carol');
  await until(() => sleeps.length === 4); // by now the second would have had its own
  expect(sleeps).toHaveLength(4);
});

test('a stream behind an answer that never comes ends with its connection', async () => {
  const { sleeps, port, path, held } = await startStreams();
  const ask = (target: string) => `GET ${target} HTTP/1.1\r\nHost: x\r\nCookie: ada\r\n\r\n`;
  const socket = connect(port, '127.0.0.1', () => socket.write(ask('/held') + ask(path)));
  await until(() => sleeps.length === 2);
  socket.resetAndDestroy();
  await until(() => sleeps.every(({ signal }) => signal.aborted));
  held.open();
});

test('a browser that goes away leaves no look and no timer behind', async () => {
  const { open, sleeps, looks, publish } = await startStreams({ newsAt: async () => 20_000 });
  const stream = await open();
  await until(() => sleeps.length === 3); // the next look, the next heartbeat, the next news
  stream.close();
  await until(() => sleeps.every(({ signal }) => signal.aborted));
  const before = looks.count;
  publish();
  await new Promise((resolve) => setImmediate(resolve));
  expect([looks.count, sleeps.length]).toEqual([before, 3]);
});

test('a stream may be ended in the middle of a look', async () => {
  const held = door();
  const came = door();
  const { open, events } = await startStreams({
    async newsAt() {
      came.open();
      await held.opened;
      return 20_000;
    },
  });
  await open();
  await came.opened;
  events.close();
  held.open();
  await new Promise((resolve) => setImmediate(resolve)); // what is written after the end is an error that nobody catches
});

test('a stream that we end leaves nothing behind on its connection, which may go on', async () => {
  const { events, sleeps, port, path, connections } = await startStreams();
  const socket = connect(port, '127.0.0.1');
  atEnd(() => void socket.destroy());
  await until(() => connections.length === 1);
  const before = connections[0]?.listenerCount('close');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nCookie: ada\r\n\r\n`);
  await until(() => sleeps.length === 2);
  events.close();
  await until(() => connections[0]?.listenerCount('close') === before);
});

test('a change is looked at when it is published, by those whom it is about', async () => {
  const { open, looks, publish } = await startStreams();
  await open();
  await until(() => looks.count === 1);
  publish('eu:364');
  await new Promise((resolve) => setImmediate(resolve));
  expect(looks.count).toBe(1);
  publish();
  await until(() => looks.count === 2);
});

test('news are sent at once; those that come within twelve seconds are sent together after them', async () => {
  let newsAt = 20_000;
  const { open, sleeps, looks, publish } = await startStreams({ newsAt: async () => newsAt });
  const stream = await open();
  await stream.next('news');
  for (let i = 0; i < 10; i += 1) {
    newsAt += 100;
    publish();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const resting = sleeps.filter(({ ms }) => ms === 12_000);
  expect(resting).toHaveLength(1);
  let more = 0;
  const counting = (async () => {
    for (;;) {
      await stream.next('news');
      more += 1;
    }
  })().catch(() => {});
  resting[0]?.end();
  await until(() => more === 1);
  publish(); // nothing new
  await until(() => looks.count === 12);
  sleeps.filter(({ ms }) => ms === 12_000)[1]?.end();
  await new Promise((resolve) => setImmediate(resolve));
  stream.close();
  await counting;
  expect(more).toBe(1);
});

test.each([
  [6999, 2],
  [7001, 3], // data may be three seconds older than the page that shows them
])(
  'of news at %i a page from 10,000 begins %i pauses: after the look, the heartbeat, the news',
  async (at, pauses) => {
    const { open, sleeps } = await startStreams({ newsAt: async () => at });
    await open();
    await until(() => sleeps.length >= 2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sleeps).toHaveLength(pauses);
  },
);
