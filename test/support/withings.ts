import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { openSandbox } from '../../src/sandbox/sandbox.ts';
import { NOON, startApp, type TestApp } from './app.ts';
import { door } from './door.ts';
import { atEnd, freePort, tempDir } from './machine.ts';

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
  /** The settings of an app that speaks to it. */
  env: Record<string, string>;
  hold(path: string): Door;
  /** From now on calls of this action are answered with this body, or with what it makes of their fields. */
  say(action: string, body: unknown | ((fields: Fields) => unknown)): void;
  /** From now on calls of this action are answered with this text, made of their access token. */
  answer(action: string, text: (accessToken: string) => string): void;
  /** The fields of each call of this action so far. */
  asked(action: string): Fields[];
}

export type Fields = Record<string, string>;

/**
 * Withings on a site of its own: the sandbox on a port of its own, known to the app at `publicUrl` by credentials and
 * URLs only, with doors that a test can hold.
 */
export async function startWithings(publicUrl: string, now: () => number): Promise<FarWithings> {
  const doors = new Map<string, { waiting: Promise<void>; came: () => void }>();
  const bodies = new Map<string, unknown>();
  const texts = new Map<string, (accessToken: string) => string>();
  const calls: Fields[] = [];
  const redirectUris = [`${publicUrl}/callback`];
  const client = { id: 'far-client', secret: 'far-secret', name: 'Far', redirectUris };
  const sandbox = openSandbox({ now, dataDir: tempDir(), clients: [client] });
  const site = express();
  site.use(async (req, _res, next) => {
    const held = doors.get(req.path);
    held?.came();
    await held?.waiting;
    next();
  });
  site.use(express.urlencoded({ extended: false }), (req, res, next) => {
    const fields: Fields = req.body ?? {};
    calls.push(fields);
    const { action = '' } = fields;
    const text = texts.get(action);
    if (text) return res.send(text(req.get('Authorization')?.replace('Bearer ', '') ?? ''));
    if (!bodies.has(action)) return next();
    const body = bodies.get(action);
    return res.json({ status: 0, body: typeof body === 'function' ? body(fields) : body });
  });
  site.use(sandbox.router);
  const server = createServer(site).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
    sandbox.close();
  });

  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    env: {
      WITHINGS_CLIENT_ID: client.id,
      WITHINGS_CLIENT_SECRET: client.secret,
      WITHINGS_AUTHORIZE_URL: `${url}/oauth2_user/authorize2`,
      WITHINGS_API_URL: `${url}/`,
      WITHINGS_ISSUER: 'eu', // as in real life
      SESSION_SECRET: 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT',
    },
    say: (action, body) => void bodies.set(action, body),
    answer: (action, text) => void texts.set(action, text),
    asked: (name) => calls.filter(({ action }) => action === name),
    hold(path) {
      let count = 0;
      const held = door();
      const arrival = door();
      const came = () => {
        count += 1;
        arrival.open();
      };
      doors.set(path, { waiting: held.opened, came });
      atEnd(held.open);
      return {
        arrived: arrival.opened,
        count: () => count,
        open: () => {
          doors.delete(path);
          held.open();
        },
      };
    },
  };
}

/** The app with Withings on another site, as in real life. `lag`: how far the app's clock is behind Withings'. */
export async function startFarApart(
  env: Record<string, string> = {},
  host = '127.0.0.1',
  lag: { ms: number } = { ms: 0 },
): Promise<{ app: TestApp; withings: FarWithings }> {
  const port = String(await freePort());
  const publicUrl = env.PUBLIC_URL ?? `http://${host}:${port}`;
  const clock = { now: NOON };
  const withings = await startWithings(publicUrl, () => clock.now + lag.ms);
  const app = await startApp({ PORT: port, PUBLIC_URL: publicUrl, ...withings.env, ...env }, clock);
  return { app, withings };
}

/** Whatever Withings is asked for, there is nothing; a test says what there is. */
export function sayNothing({ say }: Pick<FarWithings, 'say'>, timezone: string): void {
  const lists = { measuregrps: [], activities: [], series: [], devices: [] };
  for (const action of DATA_ACTIONS) say(action, { ...lists, goals: {}, more: false, offset: 0, timezone });
}

const DATA_ACTIONS = [
  ...['getmeas', 'getactivity', 'getsummary', 'getdevice', 'getgoals', 'getworkouts', 'list'],
];
