import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** An HTTP server that slow or broken clients cannot hold up, and whose parser errors are answered in our words. */
export function createHttpServer(app: RequestListener): Server {
  const server = createServer(LIMITS, (req, res) => {
    // A target that is no path (`http://…`, `*`) is for proxies; Express would answer it with a page of its own.
    if (req.url?.startsWith('/')) return app(req, res);
    res.writeHead(400, HEADERS).end(`${STATUS_CODES[400]}.\n`);
  });
  server.on('clientError', (error: Error & { code?: string }, socket) =>
    refuseFraming(error, socket as Socket),
  );
  return server;
}

const LIMITS = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5_000,
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

function refuseFraming(error: { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS_BY_CODE[error.code ?? ''] ?? 400;
  const words = `${STATUS_CODES[status]}.\n`;
  const lines = Object.entries({ ...HEADERS, 'Content-Length': Buffer.byteLength(words) });
  const head = lines.map(([name, value]) => `${name}: ${value}`).join('\r\n');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n\r\n${words}`);
}
