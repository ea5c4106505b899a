import type { Request, RequestHandler } from 'express';
import type { SessionData } from 'express-session';
import { connectionOf } from '../problems/connection.ts';
import { oneAtATime } from '../scheduling/one-at-a-time.ts';
import { every, type Pause, pause } from '../scheduling/schedule.ts';
import type { Grant } from '../store/grant.ts';
import type { PubSub } from '../store/store.ts';
import { ymdAt } from '../time/days.ts';
import type { Grants } from '../tokens/grants.ts';
import { isDue } from '../tokens/state.ts';
import type { Timezones } from './preferences/timezones.ts';
import { createStreams, type Stream } from './streams.ts';

/** How often each stream looks at the store: where nobody publishes changes, and where somebody does. */
const LOOK_SECONDS = 1;
const LOOK_SECONDS_WITH_PUBSUB = 5;
/** A page that hears nothing for longer asks by itself (public/watch.js). */
const HEARTBEAT_SECONDS = 15;
/** A page that is told of news asks Withings afresh, which may be done once in ten seconds (see answer-cache.ts). */
const NEWS_PAUSE_MS = 12_000;
/** Data may be so much older than the page that shows them. */
const PAGE_TAKES_MS = 3000;

export interface EventParts {
  grants: Pick<Grants, 'fresh'>;
  timezones: Pick<Timezones, 'of'>;
  now: () => number;
  refreshMarginSeconds: number;
  /** When Withings last told of news; 0: never, or notifications are off. */
  newsAt: (grantId: string) => Promise<number>;
  /** How processes tell each other of changes; null: they do not. */
  pubsub: PubSub | null;
  /** Told how many pages listen, whenever that changes. */
  onStreams?: (open: number) => void;
  sleep?: Pause;
}

/** The status of a connection as server-sent events, wherever it changes: another tab, another process. */
export interface Events {
  handler: RequestHandler;
  /** Ends every stream; browsers come back by themselves. */
  close(): void;
}

export function createEvents({
  grants,
  timezones,
  now,
  refreshMarginSeconds,
  newsAt,
  pubsub,
  onStreams,
  sleep = pause,
}: EventParts): Events {
  const streams = createStreams(onStreams);
  const watchers = new Set<{ grantId: string; look: () => void }>();
  pubsub?.onChange((id) => {
    for (const { grantId, look } of watchers) if (grantId === id) look();
  });

  /** What a page would show otherwise than before: the status, or what the hour or the person's day has changed. */
  function appearanceOf(grant: Grant | null, zone: string | null): string {
    const due = grant && isDue(grant, refreshMarginSeconds, now());
    return JSON.stringify([connectionOf(grant, zone, now()), due, ymdAt(now(), zone ?? 'UTC')]);
  }

  async function readGrant(req: Request): Promise<Grant | null> {
    const grant = (await sessionOf(req))?.withings ?? null;
    // A page that is open is a visitor: the token is renewed in time for it.
    if (grant && !grant.ended && isDue(grant, refreshMarginSeconds, now()))
      await grants.fresh(grant, 'background');
    return grant;
  }

  function watch(req: Request, stream: Stream, grant: Grant, zone: string | null): void {
    const onError = () => {}; // the store does not answer: the next look tries again, and pages say so
    let shown = appearanceOf(grant, zone);
    /** What is newer than the page is news. */
    let newest = Date.parse(String(req.query.since)) - PAGE_TAKES_MS;

    function send(event: string, data: unknown): void {
      stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }

    const sendNews = oneAtATime(async () => {
      send('news', {});
      await sleep(NEWS_PAUSE_MS, stream.over);
    }, onError);

    async function look(): Promise<void> {
      const current = await readGrant(req);
      const currentZone = current && (await timezones.of(current.id));
      const appearance = appearanceOf(current, currentZone);
      if (appearance !== shown) send('connection', connectionOf(current, currentZone, now()));
      shown = appearance;
      if (!current) return stream.end(); // logged out or disconnected: there is nothing more to tell
      const latest = await newsAt(current.id);
      if (latest > newest) void sendNews();
      newest = latest;
    }

    const options = { sleep, onError };
    const looks = every(pubsub ? LOOK_SECONDS_WITH_PUBSUB : LOOK_SECONDS, look, options);
    const heartbeat = every(HEARTBEAT_SECONDS, async () => send('heartbeat', {}), options);
    const watcher = { grantId: grant.id, look: looks.wake };
    watchers.add(watcher);
    stream.over.addEventListener('abort', () => {
      watchers.delete(watcher);
      void looks.stop();
      void heartbeat.stop();
    });
    stream.write('retry: 3000\n\n');
    send('connection', connectionOf(grant, zone, now()));
    looks.start();
    heartbeat.start();
  }

  return {
    async handler(req, res) {
      const grant = req.session.withings;
      if (!grant) return void res.status(204).end(); // tells a browser not to come back
      const zone = await timezones.of(grant.id);
      const stream = streams.open(req, res);
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
      watch(req, stream, grant, zone);
    },
    close: streams.close,
  };
}

/** As it is kept now, which may be without a connection, or gone. */
function sessionOf(req: Request): Promise<SessionData | null> {
  return new Promise((resolve, reject) => {
    req.sessionStore.get(req.sessionID, (error, data) => (error ? reject(error) : resolve(data ?? null)));
  });
}
