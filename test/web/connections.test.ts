import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { createHttpServer } from '../../src/web/http-server.ts';
import { startApp } from '../support/app.ts';
import { atEnd } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';

function dial(port: number, allowHalfOpen = false) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
  atEnd(() => void socket.destroy());
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const errors: unknown[] = [];
  socket.on('error', (error) => errors.push(error));
  return {
    socket,
    errors,
    text: () => text,
    closed: new Promise((resolve) => socket.once('close', resolve)),
  };
}

async function startServer(handler: RequestListener, onError: (error: unknown) => void = () => {}) {
  const server = createHttpServer(handler, onError);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

test('a connection is kept longer than the usual proxies keep theirs', async () => {
  const app = await startApp();
  const { socket, text } = dial(app.config.port);
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => text().includes('alive'));
  const [, seconds] = /\r\nKeep-Alive: timeout=(\d+)\r\n/.exec(text()) ?? [];
  expect(Number(seconds)).toBeGreaterThan(120);

  const { server } = await startServer(() => {});
  expect(server.headersTimeout).toBeGreaterThan(server.keepAliveTimeout);
});

const TOO_MANY = `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'a=b; '.repeat(3400)}`;

test('too many cookies: a page with advice', async () => {
  const app = await startApp();
  const { socket, text, closed } = dial(app.config.port);
  socket.write(TOO_MANY);
  await closed;
  expect(text()).toMatch(/^HTTP\/1\.1 431 /);
  expect(text()).toContain('delete the cookies of this site');
  expect(text()).not.toContain('<script');
  const [, style = ''] = /<style>(.*)<\/style>/s.exec(text()) ?? [];
  expect(text()).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
});

test('the rest of them may come in late: to close upon it would reset the connection, and the page be lost', async () => {
  const { server, port } = await startServer(() => {});
  const connections: Socket[] = [];
  server.on('connection', (connection) => void connections.push(connection));
  const { socket, text } = dial(port, true);
  socket.write(TOO_MANY);
  await until(() => text().endsWith('</html>\n'));
  socket.write('c=d; '.repeat(400));
  await until(() => Number(connections[0]?.bytesRead) >= TOO_MANY.length + 2000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(connections[0]?.destroyed).toBe(false);
});

test('whoever is refused and does not hang up is hung up on', async () => {
  const app = await startApp();
  const { socket, text, closed } = dial(app.config.port, true);
  socket.write('hello\r\n\r\n');
  await until(() => text().includes('Bad Request.'));
  const writing = setInterval(() => socket.write('hello\r\n\r\n'), 50);
  atEnd(() => clearInterval(writing));
  await closed;
});

test('what is no HTTP gets no answer in the middle of another one', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  const { socket, text, closed } = dial(app.config.port);
  socket.write(`GET /events HTTP/1.1\r\nHost: x\r\nCookie: ${visitor.cookies()}\r\n\r\n`);
  await until(() => text().includes('event: connection'));
  socket.write('hello\r\n\r\n');
  await closed;
  expect(text().split('HTTP/1.1')).toHaveLength(2);
});

test('a response that is written to after its end is heard of, and ends nothing', async () => {
  const errors: unknown[] = [];
  const { port } = await startServer(
    (_req, res) => {
      res.end();
      res.write('more');
    },
    (error) => errors.push(error),
  );
  get({ port }, (response) => response.resume());
  await until(() => errors.length > 0);
  expect(errors).toMatchObject([{ code: 'ERR_STREAM_WRITE_AFTER_END' }]);
});

test.each<[string, (socket: Socket, ask: string) => void]>([
  ['before it has asked', (socket) => void socket.resetAndDestroy()],
  [
    'in the middle of asking',
    (socket, ask) => socket.write(ask.slice(0, 40), () => socket.resetAndDestroy()),
  ],
  ['at once after asking', (socket, ask) => socket.write(ask, () => socket.resetAndDestroy())],
  ['politely, after asking', (socket, ask) => void socket.end(ask)],
  [
    'with the first word of the answer',
    (socket, ask) => socket.write(ask) && socket.once('data', () => socket.resetAndDestroy()),
  ],
  [
    'with junk',
    (socket, ask) => socket.write(`${ask}\0\0\r\n`) && socket.once('data', () => socket.resetAndDestroy()),
  ],
])('browsers that go away %s cost nobody anything', async (_when, leave) => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  const cookie = visitor.cookies();
  for (const path of [
    '/',
    '/dashboard',
    '/events',
    '/sandbox/',
    '/sandbox/events',
    '/connect',
    '/assets/base.css',
  ]) {
    const { socket, closed } = dial(app.config.port);
    await once(socket, 'connect');
    leave(socket, `GET ${path} HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`);
    await closed;
  }
  expect((await visitor.get('/dashboard')).status).toBe(200);
  expect(app.logs()).not.toMatch(/"level":"error"/);
});
