import type { Grant, GrantContent } from '../session/grant.ts';
import type { Store } from '../session/store.ts';
import type { TokenPair } from '../withings/answers.ts';
import type { Withings } from '../withings/client.ts';
import type { Refusal } from '../withings/errors.ts';

/** A token that can be used now, or why there is none. */
export type Fresh =
  | { state: 'usable'; grant: Grant }
  | { state: 'gone' }
  | { state: 'needs-reconnect'; grant: Grant }
  | { state: 'unavailable'; grant: Grant; code: string; retryAfterSeconds: number };

export interface Grants {
  /** The grant with an access token that lives long enough to be used; refreshes it when its end is near. */
  fresh(id: string): Promise<Fresh>;
  /** Refreshes now, whatever the age of the token, unless Withings asked for quiet. */
  refresh(id: string): Promise<Fresh>;
}

export interface GrantsOptions {
  store: Store;
  withings: Withings;
  now: () => number;
  refreshMarginSeconds: number;
}

/** Withings answers 601 to the same arguments within 10 seconds; one more keeps clear of the edge. */
const QUIET_SECONDS = 11;
/** Withings, "Access and refresh tokens": a refresh token lives a year. */
const REFRESH_TOKEN_LIFE = 365 * 86_400_000;

/** Keeps people's grants usable. One refresh at a time per grant in this process; every write by compare-and-set. */
export function createGrants({ store, withings, now, refreshMarginSeconds }: GrantsOptions): Grants {
  /** Two refreshes with one refresh token: Withings refuses the second, and neither answer could be believed. */
  const inFlight = new Map<string, Promise<Fresh>>();

  function refresh(id: string): Promise<Fresh> {
    const running = inFlight.get(id);
    if (running) return running;
    const started = refreshOnce(id).finally(() => inFlight.delete(id));
    inFlight.set(id, started);
    return started;
  }

  async function refreshOnce(id: string): Promise<Fresh> {
    const before = await store.readGrant(id);
    if (!before) return { state: 'gone' };
    if (before.ended) return { state: 'needs-reconnect', grant: before };
    if (before.quietUntil > now()) return waiting(before);

    const answer = await withings.refresh(before.refreshToken);
    const change = answer.ok ? renewed(before, answer.value, now()) : refused(before, answer.refusal, now());
    const after = await store.writeGrant(id, before.writeId, change);
    // Lost: somebody else wrote meanwhile. What they wrote counts; a pair of ours is dropped unused.
    return after ? judge(after) : settle(await store.readGrant(id));
  }

  function settle(grant: Grant | null): Fresh {
    return grant ? judge(grant) : { state: 'gone' };
  }

  function judge(grant: Grant): Fresh {
    if (grant.ended) return { state: 'needs-reconnect', grant };
    return grant.accessExpiresAt > now() ? { state: 'usable', grant } : waiting(grant);
  }

  function waiting(grant: Grant): Fresh {
    if (grant.accessExpiresAt > now()) return { state: 'usable', grant };
    const code = grant.lastRefresh?.outcome ?? 'withings-unreachable';
    const retryAfterSeconds = Math.max(1, Math.ceil((grant.quietUntil - now()) / 1000));
    return { state: 'unavailable', grant, code, retryAfterSeconds };
  }

  return {
    async fresh(id) {
      const grant = await store.readGrant(id);
      if (!grant) return { state: 'gone' };
      if (grant.ended) return { state: 'needs-reconnect', grant };
      return now() < refreshDueAt(grant, refreshMarginSeconds) ? { state: 'usable', grant } : refresh(id);
    },
    refresh,
  };
}

/** The moment from which a token is refreshed: the margin before its end, at most a quarter of its life. */
export function refreshDueAt(grant: GrantContent, marginSeconds: number): number {
  const life = grant.accessExpiresAt - grant.accessIssuedAt;
  return grant.accessExpiresAt - Math.min(marginSeconds * 1000, life / 4);
}

/** A first grant out of the pair that an authorization code was exchanged for. */
export function newGrant(
  pair: TokenPair & { userId: string },
  about: Pick<GrantContent, 'cloud' | 'demo' | 'askedScope'>,
  at: number,
): GrantContent {
  return {
    ...about,
    userId: pair.userId,
    connectedAt: at,
    previousRefreshToken: null,
    lastRefresh: null,
    quietUntil: 0,
    ended: null,
    ...tokensOf(pair, at),
  };
}

function renewed(before: Grant, pair: TokenPair, at: number): GrantContent {
  // Tokens of somebody else must never end up in this person's grant.
  if (pair.userId !== null && pair.userId !== before.userId) {
    return failed(before, 'withings-unreadable', QUIET_SECONDS, at);
  }
  return {
    ...before,
    ...tokensOf(pair, at),
    previousRefreshToken: before.refreshToken,
    lastRefresh: { at, outcome: 'refreshed' },
    quietUntil: 0,
  };
}

function refused(before: Grant, refusal: Refusal, at: number): GrantContent {
  const change = failed(before, refusal.code, Math.max(refusal.waitSeconds ?? 0, QUIET_SECONDS), at);
  // Only this one says that the consent is over; a wrong client secret or an outage says nothing about the person.
  return refusal.code === 'refresh-token-refused' ? { ...change, ended: { code: refusal.code, at } } : change;
}

function failed(before: Grant, outcome: string, quietSeconds: number, at: number): GrantContent {
  return { ...before, lastRefresh: { at, outcome }, quietUntil: at + quietSeconds * 1000 };
}

function tokensOf(pair: TokenPair, at: number) {
  return {
    scope: pair.scope,
    accessToken: pair.accessToken,
    accessIssuedAt: at,
    accessExpiresAt: at + pair.expiresInSeconds * 1000,
    refreshToken: pair.refreshToken,
    refreshIssuedAt: at,
    refreshExpiresAt: at + REFRESH_TOKEN_LIFE,
  };
}
