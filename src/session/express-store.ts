import type { Request } from 'express';
import session, { type SessionData } from 'express-session';
import { hashed } from '../store/keys.ts';
import { TOUCH_AT_LEAST_MS, VISIT_AT_LEAST_MS } from '../store/sessions.ts';
import type { Store } from '../store/store.ts';

/**
 * What express-session may do with our store: read, update what exists, move the idle limit, end. It cannot make
 * a session (signIn does) and it never sees where grants are stored; a session only shows its grant.
 */
export class ExpressStore extends session.Store {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #idleMs: number;
  readonly #cookie: session.CookieOptions;

  constructor(store: Store, now: () => number, idleMs: number, cookie: session.CookieOptions) {
    super();
    this.#store = store;
    this.#now = now;
    this.#idleMs = idleMs;
    this.#cookie = cookie;
  }

  override get(id: string, done: (error: unknown, data?: SessionData | null) => void): void {
    this.read(id).then(
      (data) => done(null, data),
      (error) => done(error),
    );
  }

  override set(id: string, data: SessionData, done: (error?: unknown) => void = ignore): void {
    const { cookie: _, ...pageData } = data;
    this.#store.updateSession(hashed(id), JSON.stringify(pageData)).then(
      (exists) => done(exists ? undefined : new SessionGoneError()),
      (error) => done(error),
    );
  }

  /**
   * Done at once where there is little to move: the answer then goes out in one piece. What cannot be moved now is moved
   * by the next visit: for an error that comes after the answer Express destroys the connection, and what is sent on it next.
   */
  override touch(id: string, data: SessionData, done: (error?: unknown) => void = ignore): void {
    const { idleUntil = 0, endsAt = 0, withingsPerson } = data;
    const at = this.#now();
    const visit = { at, idleUntil: at + this.#idleMs, isRemembered: withingsPerson?.demo === false };
    const isMoved = Math.min(visit.idleUntil, endsAt) - idleUntil > TOUCH_AT_LEAST_MS;
    if (!isMoved && !isNewVisit(data, at)) done();
    else
      this.#store.touchSession(hashed(id), visit).then(
        () => done(),
        () => done(),
      );
  }

  override destroy(id: string, done: (error?: unknown) => void = ignore): void {
    this.#store.endSession(hashed(id)).then(
      () => done(),
      (error) => done(error),
    );
  }

  override createSession(req: Request, data: SessionData): session.Session & SessionData {
    const created = super.createSession(req, data);
    return Object.defineProperties(created, hiddenPartsOf(data));
  }

  async read(id: string): Promise<SessionData | null> {
    const stored = await this.#store.readSession(hashed(id), this.#now());
    if (!stored) return null;
    const cookie = Object.assign(new session.Cookie(), this.#cookie);
    cookie.originalMaxAge = this.#cookie.maxAge ?? null;
    const data: SessionData = { ...JSON.parse(stored.data), cookie };
    // Not enumerable: tokens take no part in what express-session hashes, saves or prints. Opened only when asked
    // for, so that a record whose key is missing does not stand in the way of reconnecting.
    return Object.defineProperties(data, {
      withings: { get: stored.grant, configurable: true },
      withingsId: { value: stored.grantId, configurable: true },
      withingsPerson: { value: stored.person, configurable: true },
      endsAt: { value: stored.endsAt, configurable: true },
      idleUntil: { value: stored.idleUntil, configurable: true },
      visitedAt: { value: stored.visitedAt, configurable: true },
    });
  }
}

function hiddenPartsOf(data: SessionData): PropertyDescriptorMap {
  const { withings, withingsId, withingsPerson, endsAt, idleUntil, visitedAt } =
    Object.getOwnPropertyDescriptors(data);
  return withings && withingsId && withingsPerson && endsAt && idleUntil && visitedAt
    ? { withings, withingsId, withingsPerson, endsAt, idleUntil, visitedAt }
    : {};
}

/**
 * Whether the last visit of this browser was a while ago. Of those who try the demo nothing is remembered: it has ended
 * after a day, as they were told, and nothing of theirs with it.
 */
export function isNewVisit({ withingsPerson, visitedAt }: Partial<SessionData>, now: number): boolean {
  return withingsPerson?.demo === false && now - (visitedAt ?? 0) > VISIT_AT_LEAST_MS;
}

/** Somebody ended the session while this request was under way. It stays ended. */
export class SessionGoneError extends Error {
  constructor() {
    super('The session has ended');
  }
}

function ignore(): void {}
