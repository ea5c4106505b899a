import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  method: string;
  path: string;
  contentType: string | undefined;
  form: Record<string, string>;
}

/** A partner's server: answers every HEAD and POST as told, and hands out what it got, in order. */
export async function startReceiver() {
  const waiting: ((received: Received) => void)[] = [];
  const got: Received[] = [];
  const status = { head: 200, post: 204 };
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const answer = req.method === 'HEAD' ? status.head : status.post;
    // Whoever follows a redirect would be content.
    if (req.url === '/elsewhere') res.writeHead(200).end();
    else res.writeHead(answer, { Location: '/elsewhere' }).end();
    if (req.method === 'HEAD') return;
    const received = {
      method: req.method ?? '',
      path: req.url ?? '',
      contentType: req.headers['content-type'],
      form: Object.fromEntries(new URLSearchParams(body)),
    };
    const next = waiting.shift();
    if (next) next(received);
    else got.push(received);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function next(): Promise<Received> {
    const first = got.shift();
    return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve));
  }

  function close() {
    server.closeAllConnections();
    server.close();
  }

  return { url: `http://127.0.0.1:${port}`, status, next, got, close };
}
