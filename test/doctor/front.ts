import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { atEnd, tempDir } from '../support/machine.ts';

/** What stands before the app and ends TLS. By default it does what a proxy should. */
export interface Front {
  port: number;
  /** The file of the authority that has signed its certificate. */
  ca: string;
  /** Where it leads. */
  target: string;
  /** Says whom it speaks for. */
  forwards: boolean;
  /** Waits for the end of an answer before it sends any of it. */
  buffers: boolean;
  dropsCookies: 'in' | 'out' | null;
  /** Takes this off the cookies that come out. */
  strips: string;
  /** Sends whoever asks elsewhere. */
  redirects: boolean;
}

export async function startFront(port: number): Promise<Front> {
  const dir = tempDir();
  const [key, ca] = [join(dir, 'key.pem'), join(dir, 'ca.pem')];
  const asked =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=localhost';
  const words = [...asked.split(' '), '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', ca];
  execFileSync('openssl', words, { stdio: 'ignore' });
  const front: Front = {
    ...{
      port,
      ca,
      target: '',
      forwards: true,
      buffers: false,
      dropsCookies: null,
      strips: '',
      redirects: false,
    },
  };
  const server = createServer({ key: readFileSync(key), cert: readFileSync(ca) }, (req, res) =>
    pass(front, req, res),
  );
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return front;
}

function pass(front: Front, req: IncomingMessage, res: ServerResponse): void {
  if (front.redirects) return void res.writeHead(301, { Location: 'https://elsewhere.test/' }).end();
  const headers = { ...req.headers, ...(front.forwards ? { 'x-forwarded-for': '203.0.113.7' } : {}) };
  if (front.dropsCookies === 'in') delete headers.cookie;
  const onward = request(
    new URL(req.url ?? '/', front.target),
    { method: req.method, headers },
    async (answer) => {
      const cookies = answer.headers['set-cookie']?.map((each) => each.replace(front.strips, ''));
      const kept = front.dropsCookies === 'out' ? undefined : cookies;
      const { 'set-cookie': _, ...others } = answer.headers;
      res.writeHead(answer.statusCode ?? 502, { ...others, ...(kept ? { 'set-cookie': kept } : {}) });
      if (!front.buffers) return void answer.pipe(res);
      const chunks = await answer.toArray().catch(() => []);
      res.end(Buffer.concat(chunks));
    },
  );
  onward.on('error', () => res.writeHead(502).end());
  res.on('close', () => onward.destroy());
  req.pipe(onward);
}
