import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { atEnd, freePort, NOON, startApp, type TestApp, tempDir } from './app.ts';

/** A door in front of one path of Withings: while it is held, whoever comes waits. */
export interface Door {
  /** Resolves when somebody stands before it. */
  arrived: Promise<void>;
  /** How many have come. */
  count(): number;
  open(): void;
}

export interface FarWithings {
  url: string;
  hold(path: string): Door;
}

/**
 * The app with Withings on another site, as in real life: the sandbox on a port of its own, known to the app by
 * credentials and URLs only, with doors that a test can hold. `lag`: how far
 * the app's clock is behind Withings'.
 */
export async function startFarApart(
  env: Record<string, string> = {},
  host = '127.0.0.1',
  lag: { ms: number } = { ms: 0 },
): Promise<{ app: TestApp; withings: FarWithings }> {
  const port = String(await freePort());
  const publicUrl = env.PUBLIC_URL ?? `http://${host}:${port}`;
  const doors = new Map<string, { waiting: Promise<void>; came: () => void }>();
  const clock = { now: NOON };
  const sandbox = createSandbox({
    now: () => clock.now + lag.ms,
    dataDir: tempDir(),
    clients: [
      { id: 'far-client', secret: 'far-secret', name: 'Far', redirectUris: [`${publicUrl}/callback`] },
    ],
  });

  const site = express();
  site.use(async (req, _res, next) => {
    const door = doors.get(req.path);
    door?.came();
    await door?.waiting;
    next();
  });
  site.use(sandbox.router);
  const server = createServer(site);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const app = await startApp(
    {
      PORT: port,
      PUBLIC_URL: publicUrl,
      WITHINGS_CLIENT_ID: 'far-client',
      WITHINGS_CLIENT_SECRET: 'far-secret',
      WITHINGS_AUTHORIZE_URL: `${url}/oauth2_user/authorize2`,
      WITHINGS_API_URL: `${url}/`,
      WITHINGS_ISSUER: 'eu', // as in real life
      SESSION_SECRET: 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT',
      ...env,
    },
    clock,
  );
  atEnd(() => {
    server.closeAllConnections();
    server.close();
    sandbox.close();
  });

  return {
    app,
    withings: {
      url,
      hold(path) {
        let count = 0;
        let open = () => {};
        let arrive = () => {};
        const waiting = new Promise<void>((resolve) => {
          open = resolve;
        });
        const arrived = new Promise<void>((resolve) => {
          arrive = resolve;
        });
        const came = () => {
          count += 1;
          arrive();
        };
        doors.set(path, { waiting, came });
        atEnd(open);
        return {
          arrived,
          count: () => count,
          open: () => {
            doors.delete(path);
            open();
          },
        };
      },
    },
  };
}
