import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from '@jest/globals';
import express from 'express';
import { startApp } from '../support/app.ts';
import { atEnd } from '../support/machine.ts';
import { visit } from '../support/visitor.ts';

const HOUR = 3_600_000;

/**
 * `fixtures/version-0.*` are stores as the program wrote them before stores had versions: commit f560017, connected to
 * a Withings that answers by rote, killed while Bob's refresh was under way. Ann has refreshed once, is subscribed to
 * notifications, and Withings has told of news of hers. A third browser has begun an attempt.
 */
export interface VersionZero {
  /** When the program was killed, milliseconds since 1970. */
  at: number;
  /** Session cookies. */
  ann: string;
  bob: string;
}

export const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';
/** What is stored for each of them; the pair that Bob's was sent for never arrived. */
const STORED: Record<string, string> = { 'refresh-363-1': '363', 'refresh-364-0': '364' };

/** The app, hours later, on such a store: both are still signed in, and each is given new tokens. */
export async function expectEverybodyConnected(
  store: Record<string, string>,
  { at, ann, bob }: VersionZero,
): Promise<void> {
  const url = await withingsByRote();
  const app = await startApp(
    {
      WITHINGS_CLIENT_ID: 'far-client',
      WITHINGS_CLIENT_SECRET: 'far-secret',
      WITHINGS_AUTHORIZE_URL: `${url}/oauth2_user/authorize2`,
      WITHINGS_API_URL: `${url}/`,
      WITHINGS_ISSUER: 'eu',
      SESSION_SECRET: SECRET,
      ...store,
    },
    { now: at + 4 * HOUR },
  );
  for (const session of [ann, bob]) {
    const cookie = { Cookie: `session=${session}` };
    const visitor = visit(app);
    expect((await visitor.post('/refresh', {}, cookie)).status).toBe(303);
    await app.settled();
    const { body } = await visitor.get('/api/connection', { ...cookie, Accept: 'application/json' });
    expect(body).toMatchObject({
      state: 'connected',
      lastRefresh: { at: new Date(app.clock.now).toISOString(), outcome: 'refreshed' },
    });
  }
  await app.stop();
}

async function withingsByRote(): Promise<string> {
  const accepted = new Map(Object.entries(STORED));
  const site = express();
  site.use(express.urlencoded());
  site.post('/v2/oauth2', ({ body: { refresh_token: sent } }, res) => {
    const userid = accepted.get(sent);
    if (!userid) return res.json({ status: 503, error: 'Invalid Params: invalid refresh_token' });
    const pair = { access_token: `access-${accepted.size}`, refresh_token: `refresh-${accepted.size}` };
    accepted.set(pair.refresh_token, userid);
    return res.json({ status: 0, body: { ...pair, userid, expires_in: 10_800, scope: 'user.metrics' } });
  });
  site.use((_req, res) => res.json({ status: 0, body: { updatetime: 1, timezone: 'UTC', measuregrps: [] } }));
  const server = createServer(site).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  atEnd(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
