import {
  createServer,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import { headTooLargePage } from './head-too-large.ts';

/**
 * An HTTP server that slow or broken clients cannot hold up, and whose parser errors are answered in our words.
 *
 * @param onError for what a response could not do: written to after its end, for instance
 */
export function createHttpServer(app: RequestListener, onError: (error: unknown) => void): Server {
  /** On a connection answers go out one after the other, so the last is the one to look at. */
  const lastAnswer = new WeakMap<Socket, ServerResponse>();
  const server = createServer(LIMITS, (req, res) => {
    lastAnswer.set(req.socket, res);
    res.on('error', onError); // an error that nobody hears ends the process
    // A target that is no path (`http://…`, `*`) is for proxies; Express would answer it with a page of its own.
    if (req.url?.startsWith('/')) return app(req, res);
    res.writeHead(400, HEADERS).end(`${STATUS_CODES[400]}.\n`);
  });
  server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    if (socket.writableEnded) return; // answered already; what still comes in is let go
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(lastAnswer.get(socket)))
      socket.destroy();
    else refuse(socket, STATUS_BY_CODE[error.code ?? ''] ?? 400);
  });
  return server;
}

/**
 * Proxies keep a connection for later: most for 60 seconds, nginx for 75, Traefik for 90, Caddy for 120. Whoever closes
 * first must be the proxy: a request that is on its way to a connection that closes is lost. `headersTimeout` counts
 * from the first moment of a connection, so it must be longer, and `requestTimeout` may not be shorter than that.
 */
const LIMITS = {
  maxHeaderSize: 16_384,
  keepAliveTimeout: 125_000,
  headersTimeout: 130_000,
  requestTimeout: 130_000,
  connectionsCheckingInterval: 1_000,
};

/** For answers that are given before the app is asked. */
const HEADERS = {
  'Content-Type': 'text/plain; charset=utf-8',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  Connection: 'close',
};

const STATUS_BY_CODE: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** How long the rest of what we refuse may take to come in. */
const LINGER_MS = 2000;

/** Whether an answer of ours would be read as part of another, or in place of it. */
function isAnswering(last: ServerResponse | undefined): boolean {
  return last !== undefined && !last.writableFinished && (last.headersSent || last.req.complete);
}

function refuse(socket: Socket, status: number): void {
  const page = status === 431 ? headTooLargePage() : { headers: {}, text: `${STATUS_CODES[status]}.\n` };
  const headers = { ...HEADERS, ...page.headers, 'Content-Length': Buffer.byteLength(page.text) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${page.text}`);
  // To close before the rest has come in would reset the connection, and the answer be lost; to wait for a peer that
  // never closes its side would keep the connection, and whatever is served on it.
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
}
