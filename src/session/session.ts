import { createHmac } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import type { SpentAttempt } from '../store/attempts.ts';
import type { Ending } from '../store/endings.ts';
import type { Grant, GrantContent } from '../store/grant.ts';
import { saveGrant } from '../store/grants.ts';
import { hashed, type Keys } from '../store/keys.ts';
import type { NewSession } from '../store/sessions.ts';
import type { Store } from '../store/store.ts';
import type { Person } from '../store/store-key.ts';
import { DAY_MS } from '../time/clocks.ts';
import { isForPage } from '../web/requests.ts';
import { ExpressStore, isNewVisit } from './express-store.ts';
import { type Lasts, lastsOf } from './lasts.ts';
import { createSessionCookie } from './session-cookie.ts';

declare module 'express-session' {
  interface SessionData {
    /** The grant that this session owns; null for a visitor who has not connected. @throws DecryptionError */
    readonly withings?: Grant | null;
    /** Names that grant without opening it. */
    readonly withingsId?: string | null;
    /** Whose it is, without opening it either. */
    readonly withingsPerson?: Person | null;
    /** When it ends however often it is visited, milliseconds since 1970. */
    readonly endsAt?: number;
    /** When it ends unless somebody comes, milliseconds since 1970. */
    readonly idleUntil?: number;
    /** When this browser was last here, to the day, milliseconds since 1970; null: that is not remembered. */
    readonly visitedAt?: number | null;
    /** What whoever uses this browser has chosen to count in. */
    units?: Record<string, string>;
  }
}

export interface SessionOptions {
  store: Store;
  keys: Keys;
  now: () => number;
  /** Names the cookies; an https address turns on `Secure` and the `__Host-` prefix. */
  publicUrl: string;
  sessionIdleDays: number;
  sessionMaxDays: number;
}

export interface Sessions {
  middleware: RequestHandler;
  /**
   * Stores the grant and gives this browser a new session on it; the one it had ends. All of it, the attempt
   * included, is one transaction that is durable when this resolves.
   */
  signIn(req: Request, attempt: { mark: SpentAttempt; seed: string }, grant: GrantContent): Promise<void>;
  /** Gives this browser the session that a sign-in with this seed began; false if it has ended since. */
  resume(req: Request, seed: string): Promise<boolean>;
  /** Gives this browser a session in place of the one stored under `key`, which ends; false: there is none. */
  transfer(req: Request, key: string): Promise<boolean>;
  /** How long a connection of this browser lasts without a visit; null: it has ended already. */
  lastsUntil(req: Request, grant: Grant): Promise<Lasts | null>;
  /** How the session ended that this browser comes back with; null: it brings none, or ended it itself. */
  lastEnding(req: Request): Promise<LastEnding | null>;
  /** Says nothing of that to this browser any more. Not for one that is signed in. */
  dismissEnding(req: Request, res: Response): void;
  /** How many other browsers are signed in on this one's connection; of the demo, which all share, none. */
  countOthers(req: Request): Promise<number>;
  /** Logs those out, ends hand-off links that nobody has opened, and says how many browsers that were. */
  endOthers(req: Request): Promise<number>;
  /** Ends this browser's session, and nothing else. */
  end(req: Request, res: Response): Promise<void>;
}

export interface LastEnding extends Pick<Ending, 'why' | 'at' | 'visitedAt'> {
  /** What has become of the permission until now: others use it; it is on its way; null: nobody can tell. */
  permission: 'kept' | 'returning' | Ending['outcome'];
}

/** The session of a browser: an opaque id in a signed cookie, everything else in the store. */
export function createSessions(options: SessionOptions): Sessions {
  const { store, keys, now } = options;
  const idleMs = options.sessionIdleDays * DAY_MS;
  const maxMs = options.sessionMaxDays * DAY_MS;
  const sessionCookie = createSessionCookie({
    publicUrl: options.publicUrl,
    secrets: keys.cookie,
    isLive: async (id) => (await expressStore.read(id)) !== null,
  });
  const { name, options: cookie } = sessionCookie;
  const expressStore = new ExpressStore(store, now, idleMs, cookie);

  const sessions = session({
    name,
    cookie,
    store: expressStore,
    secret: keys.cookie,
    resave: false,
    saveUninitialized: false,
  });

  /** Derived, not drawn, so that a repeated callback finds the same session and the id is stored nowhere. */
  function idFrom(seed: string): string {
    return createHmac('sha256', keys.sessionId).update(seed).digest('base64url');
  }

  /** What was chosen in this browser stays. */
  function newSession(seed: string, { session: { units } }: Request, isDemo = false): NewSession {
    const begun = now();
    return {
      key: hashed(idFrom(seed)),
      data: JSON.stringify({ signedInAt: begun, units }),
      idleUntil: begun + Math.min(idleMs, maxMs),
      endsAt: begun + maxMs,
      visitedAt: isDemo ? null : begun,
    };
  }

  /** Not with what a page fetches: an answer that comes late must not put this cookie over that of a new session. */
  function renewCookie(req: Request, res: Response): void {
    if (isForPage(req) && isNewVisit(req.session, now())) sessionCookie.renew(res, req.sessionID);
  }

  async function permissionOf({ outcome, grant }: Ending): Promise<LastEnding['permission']> {
    if (outcome !== null || grant === null) return outcome;
    return (await store.readLongestSession(grant.id, now())) ? 'kept' : 'returning';
  }

  async function resume(req: Request, seed: string): Promise<boolean> {
    const id = idFrom(seed);
    const data = await expressStore.read(id);
    if (!data) return false;
    req.sessionID = id;
    req.sessionStore.createSession(req, data);
    return true;
  }

  return {
    middleware: async (req, res, next) => {
      await sessionCookie.choose(req, res);
      // express-session sends a Secure cookie only where it sees TLS; the proxy in front ends it, PUBLIC_URL says which.
      Object.defineProperty(req, 'secure', { value: cookie.secure });
      sessions(req, res, (error?: unknown) => {
        if (!error) renewCookie(req, res);
        next(error);
      });
    },

    async signIn(req, { mark: attempt, seed }, content) {
      await saveGrant(store, content, {
        session: newSession(seed, req, content.demo),
        replaces: hashed(req.sessionID),
        attempt,
      });
      await resume(req, seed);
    },

    async transfer(req, key) {
      const seed = `in place of ${key}`;
      const taken = await store.transferSession(key, now(), newSession(seed, req), hashed(req.sessionID));
      return taken && resume(req, seed);
    },

    resume,

    async lastsUntil({ session: { endsAt = 0 } }, grant) {
      if (grant.ended) return null;
      const own = { idleUntil: Math.min(now() + idleMs, endsAt), endsAt, maxMs };
      // Everybody who tries the demo owns it, and it ends after a day.
      const longest = grant.demo ? null : await store.readLongestSession(grant.id, now());
      return lastsOf(grant, own, longest, now());
    },

    async lastEnding(req) {
      for (const id of sessionCookie.idsIn(req)) {
        const ending = await store.readEnding(hashed(id), now());
        if (ending) return { ...ending, permission: await permissionOf(ending) };
      }
      return null;
    },

    dismissEnding: sessionCookie.clear,

    async countOthers(req) {
      return isOwn(req) ? browsersAmong(await store.readOtherSessions(hashed(req.sessionID), now())) : 0;
    },

    async endOthers(req) {
      return isOwn(req) ? browsersAmong(await store.endOtherSessions(hashed(req.sessionID), now())) : 0;
    },

    end(req, res) {
      return new Promise((resolve, reject) => {
        req.session.destroy((error: unknown) => {
          if (error) return reject(error);
          sessionCookie.clear(req, res);
          resolve();
        });
      });
    },
  };
}

/** Whether the other sessions on this connection are this person's: strangers try the demo. */
function isOwn({ session: { withingsPerson } }: Request): boolean {
  return withingsPerson?.demo === false;
}

/** What has not been signed in is a hand-off link that waits. */
function browsersAmong(sessions: string[]): number {
  return sessions.filter((data) => 'signedInAt' in JSON.parse(data)).length;
}
