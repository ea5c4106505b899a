import type { IncomingMessage } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import { pino } from 'pino';
import { type ConnectOptions, clocks, createConnect, openStore, Problem } from '../../src/embed/index.ts';
import { createSandbox } from '../../src/sandbox/create.ts';
import { atEnd, freePort, tempDir } from '../support/machine.ts';
import { type Visitor, visit } from '../support/visitor.ts';

export const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';

type Options = ConnectOptions<IncomingMessage>;
type HostOptions = Partial<Omit<Options, 'withings'>> & { withings?: Partial<Options['withings']> };

/** An application that knows people by a header, unless `owner` says otherwise, beside a Withings whose clock it shares. */
export async function startHost({ withings, ...options }: HostOptions = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const sandbox = await createSandbox({ redirectUris: [`${url}/withings/callback`] });
  const { client } = sandbox;
  const connect = createConnect({
    url: `${url}/withings`,
    withings: { clientId: client.id, clientSecret: client.secret, apiUrl: sandbox.url, ...withings },
    store: openStore(`sqlite:${tempDir()}`, { secrets: [SECRET] }),
    clocks: { ...clocks, now: sandbox.clock.now },
    owner: (req) => req.headers['x-user'] as string | undefined,
    log: pino({ level: 'silent' }),
    ...options,
  });
  const app = express();
  app.use('/withings', connect.router);
  app.get('/', async (req, res) => {
    const fresh = await connect.fresh(req);
    res.send(fresh.ok ? 'usable' : fresh.refusal.code);
  });
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    if (error instanceof Problem) res.status(error.status).send(error.code);
    else res.status(500).send(error instanceof TypeError ? error.message : 'unexpected');
  });
  const server = app.listen(port, '127.0.0.1');
  atEnd(async () => {
    server.closeAllConnections();
    server.close();
    await connect.stop();
    await sandbox.close();
  });
  return { url, sandbox, connect };
}

export function as(visitor: Visitor, user: string) {
  return (address: string) => visitor.get(address, { 'X-User': user });
}

/** Somebody of the application connects the account of a person in the sandbox. */
export async function connects(
  host: Pick<Awaited<ReturnType<typeof startHost>>, 'url' | 'sandbox'>,
  user: string,
  answer: { userId?: number } = {},
): Promise<void> {
  const visitor = as(visit(host), user);
  const begun = await visitor('/withings/connect');
  const { status } = await visitor(host.sandbox.consent(String(begun.headers.location), answer));
  if (status !== 303) throw new Error(`the callback answered ${status}`);
}
