import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type Request, type Response } from 'express';
import Database from 'libsql';
import type { Pair } from '../../src/sandbox/oauth2/pairs.ts';
import { refreshTokenState } from '../../src/sandbox/oauth2/token-state.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { atEnd, tempDir } from '../support/app.ts';
import { sandboxOf } from '../support/sandbox.ts';

/** Withings on a site of its own, whose next call a test can strike, and whose books it can read. */
export interface Provider extends ReturnType<typeof sandboxOf> {
  url: string;
  /** Acts at this moment of the next call of this path; resolves when that is done. */
  strike(path: TokenOrData, at: Moment, act: Act): Promise<void>;
  /** What is done with every data call before it counts. */
  onUse(look: (accessToken: string) => Promise<void>): void;
  /** The books: what the token is worth, and whether the access token that came with it was ever used. */
  refreshTokenIs(token: string): 'live' | 'in grace' | 'dead' | 'unknown';
  isUsed(refreshToken: string): boolean;
  /** In the order in which they were made. */
  pairs(): Pair[];
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
  const dataDir = tempDir();
  const clients = [
    { id: 'far-client', secret: 'far-secret', name: 'Far', redirectUris: [`${publicUrl}/callback`] },
  ];
  const sandbox = createSandbox({ now, dataDir, clients });
  const books = new Database(join(dataDir, 'sandbox.db'));
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
    books.close();
    sandbox.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pairOf = (token: string) =>
    books.prepare('SELECT * FROM pairs WHERE refresh_token = ?').get(token) as Pair | undefined;

  return {
    ...sandboxOf({ url }),
    url,
    strike(path, at, act) {
      return new Promise((done) => {
        next = { path, at, act, done };
      });
    },
    onUse(then) {
      look = then;
    },
    refreshTokenIs(token) {
      const pair = pairOf(token);
      return pair ? refreshTokenState(pair, sandbox.now()).state : 'unknown';
    },
    isUsed: (token) => pairOf(token)?.used_at != null,
    pairs: () => books.prepare('SELECT * FROM pairs ORDER BY id').all() as Pair[],
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
