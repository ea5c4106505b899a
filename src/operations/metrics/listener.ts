import { createServer, type Server } from 'node:http';
import type { Prometheus } from './prometheus.ts';

/**
 * `GET /metrics` and nothing else, on a listener of its own, so that no proxy of the pages ever shows it. Nobody signs in
 * here: the address is what protects it.
 */
export function metricsServer(
  { text, contentType }: Pick<Prometheus, 'text' | 'contentType'>,
  onError: (error: unknown) => void,
): Server {
  return createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (req, res) => {
    const path = req.url?.split('?')[0];
    if (path !== '/metrics') return void res.writeHead(404).end();
    if (req.method !== 'GET') return void res.writeHead(405, { Allow: 'GET' }).end();
    text().then(
      (page) => void res.writeHead(200, { 'Content-Type': contentType }).end(page),
      (error) => {
        onError(error);
        res.writeHead(500).end();
      },
    );
  });
}
