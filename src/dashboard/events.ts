import type { Request, RequestHandler, Response } from 'express';
import type { SessionData } from 'express-session';
import { Problem } from '../problems/catalogue.ts';
import { connectionOf } from '../problems/connection.ts';
import type { Grant } from '../store/grant.ts';
import type { PubSub } from '../store/pubsub.ts';
import type { Grants } from '../tokens/grants.ts';
import { isDue } from '../tokens/timing.ts';
import type { Withings } from '../withings/client.ts';
import { createThrottle } from './throttle.ts';

/** How often each stream looks at the store: where nobody tells of changes, and where somebody does. */
const LOOK_MS = 1000;
const LOOK_AROUND_MS = 5000;
const HEARTBEAT_MS = 15_000;
/** A page that is told of news asks Withings afresh, which may be done once in ten seconds (see answer-cache.ts). */
const NEWS_PAUSE_MS = 12_000;
/** Data may be so much older than the page that shows them. */
const PAGE_TAKES_MS = 3000;
const MAX_STREAMS = 1000;
const MAX_STREAMS_PER_SESSION = 8;

export interface EventParts {
  withings: Pick<Withings, 'cloud'>;
  grants: Pick<Grants, 'fresh'>;
  now: () => number;
  refreshMarginSeconds: number;
  /** When Withings last told of news; 0: never, or nobody listens. */
  newsAt: (grantId: string) => Promise<number>;
  /** How processes tell each other of changes; null: they do not. */
  pubsub: PubSub | null;
}

/** The status of a connection as server-sent events, wherever it changes: another tab, another process. */
export interface Events {
  handler: RequestHandler;
  /** Ends every stream; browsers come back by themselves. */
  close(): void;
}

export function createEvents({
  withings,
  grants,
  now,
  refreshMarginSeconds,
  newsAt,
  pubsub,
}: EventParts): Events {
  const streams = new Map<Response, string>();
  /** What to do when anything about a grant has changed. */
  const watchers = new Map<string, Set<() => void>>();
  pubsub?.onChange((id) => {
    for (const look of watchers.get(id) ?? []) look();
  });

  /** Returns how to stop. */
  function whenTold(grantId: string, look: () => void): () => void {
    const own = watchers.get(grantId) ?? new Set();
    watchers.set(grantId, own.add(look));
    return () => {
      own.delete(look);
      if (own.size === 0) watchers.delete(grantId);
    };
  }

  /** What a page would show otherwise than before: the status, and whether the hour has brought a new one. */
  function face(grant: Grant | null): string {
    const due = grant && isDue(grant, refreshMarginSeconds, now());
    const demoOver = grant?.demo && now() >= grant.connectedAt + 86_400_000;
    return JSON.stringify([connectionOf(grant, withings.cloud), due, demoOver]);
  }

  function send(res: Response, grant: Grant | null): void {
    res.write(`event: connection\ndata: ${JSON.stringify(connectionOf(grant, withings.cloud))}\n\n`);
  }

  async function look(req: Request): Promise<Grant | null> {
    const grant = (await sessionOf(req))?.withings ?? null;
    // A page that is open is a visitor: the token is renewed in time for it.
    if (grant && !grant.ended && isDue(grant, refreshMarginSeconds, now())) await grants.fresh(grant.id);
    return grant;
  }

  function watch(req: Request, res: Response, grantId: string): void {
    let shown = face(req.session.withings ?? null);
    /** What is newer than the page is news. */
    let heard = Date.parse(String(req.query.since)) - PAGE_TAKES_MS;
    let running = false;
    let again = false;
    const news = createThrottle(() => res.write('event: news\ndata: {}\n\n'), NEWS_PAUSE_MS);

    async function compare(): Promise<void> {
      const grant = await look(req);
      const seen = face(grant);
      if (seen !== shown && !res.writableEnded) send(res, grant);
      shown = seen;
      const latest = grant ? await newsAt(grantId) : heard;
      if (latest > heard && !res.writableEnded) news.press();
      heard = latest;
      if (!grant) res.end(); // logged out or disconnected: there is nothing more to tell
    }

    /** One look at a time; what happens meanwhile is seen by the next. */
    async function lookNow(): Promise<void> {
      again = true;
      if (running) return;
      running = true;
      while (again && !res.writableEnded) {
        again = false;
        await compare().catch(() => {}); // the store does not answer: the next look tries again, and pages say so
      }
      running = false;
    }

    const timers = [
      setInterval(lookNow, pubsub ? LOOK_AROUND_MS : LOOK_MS),
      setInterval(() => res.write(':\n\n'), HEARTBEAT_MS),
    ];
    const stop = whenTold(grantId, lookNow);
    void lookNow();
    res.on('close', () => {
      for (const timer of timers) clearInterval(timer);
      news.stop();
      stop();
      streams.delete(res);
    });
  }

  return {
    handler(req, res) {
      const grant = req.session.withings;
      if (!grant) return void res.status(204).end(); // tells a browser not to come back
      const own = [...streams.values()].filter((id) => id === req.sessionID).length;
      if (own >= MAX_STREAMS_PER_SESSION || streams.size >= MAX_STREAMS)
        throw new Problem('too-many-streams');
      streams.set(res, req.sessionID);
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
      res.write('retry: 3000\n\n');
      send(res, grant);
      watch(req, res, grant.id);
    },
    close() {
      for (const stream of streams.keys()) stream.end();
    },
  };
}

/** As it is kept now, which may be without a connection, or gone. */
function sessionOf(req: Request): Promise<SessionData | null> {
  return new Promise((resolve, reject) => {
    req.sessionStore.get(req.sessionID, (error, data) => (error ? reject(error) : resolve(data ?? null)));
  });
}
