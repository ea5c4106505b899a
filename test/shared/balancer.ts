import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { atEnd } from '../support/machine.ts';

/** What stands before several instances: it sends each request to the next one, or where the test says. */
export interface Balancer {
  url: string;
  /** All requests to this instance from now on; null: in turn. */
  pin(instance: number | null): void;
  /** The address of an instance: a new one, or another one in its place. Null: out of the rotation. */
  set(instance: number, url: string | null): void;
  /** Resolves when an instance is in the rotation (again). */
  isBack(instance: number): Promise<void>;
}

export async function startBalancer(port: number): Promise<Balancer> {
  const instances: (string | null)[] = [];
  const agent = new Agent({ keepAlive: true });
  let pinned: number | null = null;
  let turn = 0;

  function choose(): number {
    if (pinned !== null) return pinned;
    for (let tries = 0; tries < instances.length; tries += 1) {
      turn = (turn + 1) % instances.length;
      if (instances[turn]) return turn;
    }
    return -1;
  }

  function pass(req: IncomingMessage, res: ServerResponse): void {
    const target = instances[choose()];
    if (!target) return void res.writeHead(502).end('no instance');
    const { method, headers } = req;
    const onward = request(new URL(req.url ?? '/', target), { method, headers, agent }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    onward.once('error', (error: NodeJS.ErrnoException) =>
      res.headersSent ? res.destroy() : res.writeHead(502).end(`instance gone: ${error.code}`),
    );
    res.once('close', () => onward.destroy());
    req.pipe(onward);
  }

  const server = createServer(pass);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
    agent.destroy();
  });
  return {
    url: `http://127.0.0.1:${port}`,
    pin: (instance) => {
      pinned = instance;
    },
    set: (instance, url) => {
      instances[instance] = url;
    },
    async isBack(instance) {
      for (let looks = 0; looks < 500 && !instances[instance]; looks += 1)
        await new Promise((wait) => setTimeout(wait, 20));
    },
  };
}
