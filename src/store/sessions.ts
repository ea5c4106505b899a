import { DAY_MS } from '../time/clocks.ts';
import type { SpentAttempt } from './attempts.ts';
import type { Grant, GrantContent } from './grant.ts';
import type { Person } from './store-key.ts';

/**
 * Sessions, each of which owns a grant. Writing one never creates one and never touches a grant: a late write cannot
 * bring back what a log-out ended, nor put an older refresh token over a newer one.
 */
export interface SessionStore<Session extends NewSession = NewSession> {
  /** The live session under this key with the grant it owns, in one read; null when absent or expired. */
  readSession(key: string, now: number): Promise<StoredSession | null>;
  /** Replaces the page data of a session that exists. False: it is gone, and stays gone. */
  updateSession(key: string, data: string): Promise<boolean>;
  /**
   * Moves the idle limit of a session that lives, never beyond its absolute limit; to the minute. One that is over stays
   * so, however long before its end the visit began.
   */
  touchSession(key: string, visit: Visit): Promise<void>;
  /** Ends one session, and its grant with the last session that owns it. Nothing of it is remembered. */
  endSession(key: string): Promise<void>;
  /**
   * One transaction: the grant by compare-and-set (`expected` null: it must not exist yet), the new session in, the
   * replaced one out, the attempt finished, subscriptions due at once, nothing of this person in the outbox. False: the grant changed meanwhile and nothing
   * was written.
   */
  signIn(entry: SignIn<Session>): Promise<boolean>;
  /** Begins another session on a grant. False: there is no such grant. */
  beginSession(grantId: string, session: Session): Promise<boolean>;
  /**
   * One transaction: ends the live session under `key`, and begins this one on the grant that it owned. However many
   * ask, one is answered true; false: there is none, and nothing was written.
   */
  transferSession(key: string, now: number, session: Session, replaces: string | null): Promise<boolean>;
  /** Of the sessions that own this grant, the one that lasts the longest without a visit; null: there is none. */
  readLongestSession(grantId: string, now: number): Promise<SessionSpan | null>;
  /** The page data of every other live session on the grant of this one, but for endless ones. */
  readOtherSessions(key: string, now: number): Promise<string[]>;
  /** Ends those, in one transaction, and answers what they were. */
  endOtherSessions(key: string, now: number): Promise<string[]>;
}

/** Of a browser, milliseconds since 1970. */
export interface Visit {
  at: number;
  idleUntil: number;
  /** It becomes the session's `visitedAt`, to the day; else that has none: see NewSession. */
  isRemembered: boolean;
}

/** How long a session lasts: without a visit, and in all. Milliseconds since 1970. */
export interface SessionSpan {
  idleUntil: number;
  endsAt: number;
}

export interface StoredSession {
  data: string;
  grantId: string | null;
  /** Whose that grant is; null: there is none, or it was damaged. */
  person: Person | null;
  idleUntil: number;
  endsAt: number;
  /** To the day; null: it is not remembered how it ends. */
  visitedAt: number | null;
  /** See bound-sessions.ts. */
  bound: string;
  /** @throws DecryptionError when no key at hand opens it */
  grant: () => Grant | null;
}

/** A session that is about to begin. One that is stored under this key already gives way to it. */
export interface NewSession {
  key: string;
  data: string;
  idleUntil: number;
  endsAt: number;
  /** When its browser is here: how it ends is remembered (endings.ts). Without: it is no browser's, or shows the demo. */
  visitedAt?: number | null;
}

/** As a store holds it: see bound-sessions.ts. */
export interface BoundSession extends NewSession {
  bound: string;
}

export interface SignIn<Session extends NewSession = NewSession> {
  grant: { id: string; expected: string | null; content: GrantContent };
  session: Session;
  /** The session that this browser had before; it ends here. */
  replaces: string | null;
  /** What led here; null where it was no browser's attempt. */
  attempt: SpentAttempt | null;
}

/** For a session that ends only when somebody ends it: a hundred years. */
export const ENDLESS_MS = 100 * 365 * DAY_MS;
/** What ends so late is endless, though it began some time ago; a browser's session ends long before. */
export const ENDLESS_FROM_MS = ENDLESS_MS / 2;

/** A touch that moves the idle limit by less is not written. */
export const TOUCH_AT_LEAST_MS = 60_000;
/** A visit is written down for its own sake when the last one that was is longer ago. */
export const VISIT_AT_LEAST_MS = DAY_MS;
