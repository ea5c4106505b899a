import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request, type Response } from 'express';
import { openSandbox } from '../../src/sandbox/sandbox.ts';
import { atEnd } from '../support/machine.ts';
import { sandboxOf, type TokenPair } from '../support/sandbox.ts';

/** Withings on a site of its own, whose next call a test can strike. */
export interface Provider extends ReturnType<typeof sandboxOf> {
  url: string;
  /** Acts at this moment of the next call of this path; resolves when that is done. */
  strike(path: TokenOrData, at: Moment, act: Act): Promise<void>;
  /** What is done with every data call before it counts. */
  onUse(look: (accessToken: string) => Promise<void>): void;
  /** Whether the access token that came with it was ever used. */
  isUsed(refreshToken: string): Promise<boolean>;
  /** Of the one person there is, in the order in which they were made. */
  pairs(): Promise<TokenPair[]>;
}

export type TokenOrData = '/v2/oauth2' | '/measure';

/** When it arrives, or when the work is done and so many bytes of the reply are out. */
export type Moment = 'arrival' | { bytes: number | 'all' };

/** What is done; then the call is dropped, or, if it has only just arrived, may go on as if nothing had been. */
type Act = () => Promise<'drop' | 'go on'> | 'drop' | 'go on';

interface Strike {
  path: TokenOrData;
  at: Moment;
  act: Act;
  done: () => void;
}

export async function startProvider(now: () => number, publicUrl: string): Promise<Provider> {
  const clients = [
    { id: 'far-client', secret: 'far-secret', name: 'Far', redirectUris: [`${publicUrl}/callback`] },
  ];
  const sandbox = openSandbox({ now, dataDir: ':memory:', clients });
  let next: Strike | null = null;
  let look = async (_accessToken: string) => {};

  const site = express();
  site.use('/sandbox', async (req, res, go) => {
    if (req.path === '/measure') await look(String(req.headers.authorization).replace('Bearer ', ''));
    const strike = next?.path === req.path ? next : null;
    if (!strike) return go();
    next = null;
    if (strike.at !== 'arrival') {
      replyInPart(req, res, strike.at.bytes, strike);
      return go();
    }
    if ((await strike.act()) === 'go on') {
      res.once('finish', strike.done);
      return go();
    }
    req.socket.destroy();
    strike.done();
  });
  site.use('/sandbox', sandbox.router);
  const server = createServer(site).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
    sandbox.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const controls = sandboxOf({ url });

  return {
    ...controls,
    url,
    strike(path, at, act) {
      return new Promise((done) => {
        next = { path, at, act, done };
      });
    },
    onUse(then) {
      look = then;
    },
    isUsed: async (token) => (await controls.introspect(token))?.used === true,
    async pairs() {
      const { users } = await controls.state();
      return users.flatMap(({ grants }) => grants.flatMap(({ pairs }) => pairs)).toReversed();
    },
  };
}

/** The work is done and kept; of its answer so many bytes are sent, and no more. */
function replyInPart(req: Request, res: Response, bytes: number | 'all', { act, done }: Strike): void {
  const { socket } = req;
  res.end = ((body: Buffer) => {
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const whole = Buffer.concat([Buffer.from(head), body]);
    socket.write(whole.subarray(0, bytes === 'all' ? whole.length : bytes), async () => {
      await act();
      socket.destroy();
      done();
    });
    return res;
  }) as Response['end'];
}
