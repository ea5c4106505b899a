import type { Grant, GrantContent } from './grant.ts';

/**
 * Where sessions, grants and attempts are kept. Two rules carry everything else:
 *
 * - a grant is written only by compare-and-set on its write-id, a random value that is new on every write
 *   (a counter would be issued twice after a rollback of the store);
 * - writing a session never creates one and never touches a grant: a late write cannot bring back what a log-out
 *   ended, nor put an older refresh token over a newer one.
 *
 * Every promise settles after the change is durable. Times are milliseconds since 1970. Keys are hashes: nobody
 * can sign in with what a copy of the store shows.
 */
export interface Store {
  /** The live session under this key with the grant it owns, in one read; null when absent or expired. */
  readSession(key: string, now: number): Promise<StoredSession | null>;
  /** Replaces the page data of a session that exists. False: it is gone, and stays gone. */
  updateSession(key: string, data: string): Promise<boolean>;
  /** Moves the idle limit of a session that exists, never beyond its absolute limit; to the minute. */
  touchSession(key: string, idleUntil: number): Promise<void>;
  /** Ends one session, and its grant with the last session that owns it. */
  endSession(key: string): Promise<void>;
  /**
   * Ends up to `limit` sessions and attempts whose time is over. True: there may be more. Looks at the next `limit`
   * grants besides, round and round, for any that no session owns: there should be none.
   */
  removeExpired(now: number, limit: number): Promise<boolean>;

  /** @throws DecryptionError when no key at hand opens it */
  readGrant(id: string): Promise<Grant | null>;
  /** What signIn must expect: the write-id of the grant now, or null when there is none. */
  readWriteId(id: string): Promise<string | null>;
  /**
   * Compare-and-set: writes only if the grant still has this write-id. Null: it has not; read again.
   * The lease is taken for `leaseMs` milliseconds of the store's own clock, or given back with 0.
   */
  writeGrant(id: string, writeId: string, change: GrantContent, leaseMs: number): Promise<Grant | null>;
  /**
   * Ids of grants that want looking after (see dueAt) and that nobody has a lease on. For a minute nobody else is
   * told them, unless the grant is written.
   */
  claimDueGrants(now: number, limit: number): Promise<string[]>;
  /** Erases a grant and every session that owns it. */
  eraseGrant(id: string): Promise<void>;

  /** Keeps an attempt, and of one browser only the newest `perBrowser`. */
  beginAttempt(attempt: NewAttempt): Promise<void>;
  /** True if this browser has an attempt here: an id that a client made up is not adopted. */
  knowsBrowser(browser: string, now: number): Promise<boolean>;
  /** Spends an attempt by reading it: however many ask, on however many processes, one is told `taken`. */
  takeAttempt(claim: AttemptClaim): Promise<TakenAttempt>;
  /** Writes down how a taken attempt ended, for the visitor who comes again with the same answer. */
  finishAttempt(state: string, result: AttemptResult): Promise<void>;

  /**
   * One transaction: the grant by compare-and-set (`expected` null: it must not exist yet), the new session in,
   * the replaced one out, the attempt finished, subscriptions due at once. False: the grant changed meanwhile and nothing was written.
   */
  signIn(entry: SignIn): Promise<boolean>;
  /** Begins another session on a grant. False: there is no such grant. */
  beginSession(grantId: string, session: NewSession): Promise<boolean>;
  /**
   * One transaction: ends the live session under `key`, and begins this one on the grant that it owned. However many
   * ask, one is told true; false: there is none, and nothing was written.
   */
  transferSession(key: string, now: number, session: NewSession, replaces: string | null): Promise<boolean>;

  /** What is known of a person's subscriptions to notifications; null when that is nothing. */
  readSubscriptions(grantId: string): Promise<StoredSubscriptions | null>;
  /** Keeps that beside the grant, with whose end it ends. False: there is no such grant. */
  writeSubscriptions(grantId: string, state: string, dueAt: number): Promise<boolean>;
  /** Remembers that Withings told of news at this moment. False: there is no such grant. */
  recordNews(grantId: string, at: number): Promise<boolean>;
  /** Ids of grants whose subscriptions are due to be looked at, or have never been. Nobody else is told for `claimMs`. */
  claimSubscriptions(now: number, claimMs: number, limit: number): Promise<string[]>;

  /**
   * A place in the one line of calls to Withings in which all processes stand, evenly spaced but for `atOnce` that may
   * come together. 0: go; else milliseconds until it makes sense to ask again.
   */
  takeCall(spacingMs: number, atOnce: number): Promise<number>;

  /** PubSub the processes that share this store; null where they cannot tell each other and have to look. */
  pubsub: PubSub | null;

  /** Resolves if the store can answer. */
  ping(): Promise<void>;
  close(): void;
}

/** What reaches the other processes at once, and may get lost on the way. Nothing of it is kept. */
export interface PubSub {
  /** Tells the id of a grant when anything about it has changed, whoever changed it. */
  onChange(listener: (grantId: string) => void): void;
  /** Passes on what this process has learned, sealed. */
  publish(text: string): void;
  /** Hears what the others said. */
  subscribe(listener: (text: string) => void): void;
}

/** A claim on a grant's care; whoever dies over it holds nobody up for longer. */
export const CLAIM_MS = 60_000;

export interface StoredSession {
  data: string;
  grantId: string | null;
  /** @throws DecryptionError when no key at hand opens it */
  grant: () => Grant | null;
}

/** How an attempt ended: connected, or the code of the problem that its visitor was told. */
export type AttemptResult = { kind: 'connected' } | { kind: 'problem'; code: string };

export interface Attempt {
  demo: boolean;
  returnTo: string;
}

export interface NewAttempt extends Attempt {
  state: string;
  browser: string;
  expiresAt: number;
  perBrowser: number;
}

export interface AttemptClaim {
  state: string;
  browser: string;
  /** Hash of what Withings sent back; a repeated visit is one that brings the same. */
  answer: string;
  now: number;
}

export type TakenAttempt =
  | { outcome: 'taken'; attempt: Attempt }
  | { outcome: 'pending' }
  | { outcome: 'finished'; attempt: Attempt; result: AttemptResult }
  | { outcome: 'spent' | 'expired' | 'unknown' };

/** A session that is about to begin. One that is kept under this key already gives way to it. */
export interface NewSession {
  key: string;
  data: string;
  idleUntil: number;
  endsAt: number;
}

export interface SignIn {
  grant: { id: string; expected: string | null; content: GrantContent };
  session: NewSession;
  /** The session that this browser had before; it ends here. */
  replaces: string | null;
  /** What led here; null where it was no browser's attempt. */
  attempt: string | null;
}

export interface StoredSubscriptions {
  /** As it was written; null: none was. */
  state: string | null;
  /** When Withings last told of news; 0: never. */
  newsAt: number;
}
