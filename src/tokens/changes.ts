import { createHash } from 'node:crypto';
import type { GrantContent } from '../store/grant.ts';
import type { GrantChange } from '../store/grants.ts';
import { RECORD_VERSION } from '../store/sealed-grant.ts';
import { DAY_MS } from '../time/clocks.ts';
import type { Refusal, RefusalCode } from '../withings/errors.ts';
import type { TokenPair } from '../withings/oauth2.ts';
import type { Reason } from './state.ts';

/** Withings answers 601 to the same arguments within 10 seconds; one more keeps clear of the edge. */
const BACKOFF_MS = 11_000;
/** No wait is longer, whatever was asked for; a longer one was written by a clock that was ahead. */
export const MAX_BACKOFF_MS = 15 * 60_000;
const PROVE_AGAIN_MS = 5 * 60_000;
/** So long the call for which a pair was fetched may take to prove it; after that a call of its own does. */
const PROVEN_BY_USE_MS = 60_000;
/** Withings, "Access and refresh tokens": a refresh token lives a year. */
const REFRESH_TOKEN_LIFETIME_MS = 365 * DAY_MS;

/** The last thirty events say what a person wants to know of the past. */
const HISTORY = 30;

/** Names a token without showing it. */
export function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('base64url').slice(0, 16);
}

/** A first grant, out of the pair that an authorization code was exchanged for. `at`: milliseconds since 1970. */
export function begun(
  pair: TokenPair & { userId: string },
  about: Pick<GrantContent, 'issuer' | 'demo' | 'askedScope'>,
  at: number,
): GrantContent {
  return {
    ...about,
    v: RECORD_VERSION,
    userId: pair.userId,
    connectedAt: at,
    previousRefreshToken: null,
    intent: null,
    lastRefresh: null,
    history: remembering([], 'connected', at),
    ...tokensOf(pair, about.askedScope, at),
  };
}

/** This refresh token is about to be sent. Whoever finds this later waits as if Withings had seen it. */
export function intending<G extends GrantContent>(grant: G, token: string, at: number): G {
  return { ...grant, intent: { token: fingerprint(token), since: at }, backoffUntil: at + BACKOFF_MS };
}

/** The pair that `sent` bought. `sent` stays, with the intent that names it, until a data call has proven the pair. */
export function renewed<G extends GrantChange>(
  grant: G,
  sent: string,
  pair: TokenPair,
  at: number,
  why: Reason,
): G {
  return {
    ...grant,
    restored: false,
    ...tokensOf(pair, grant.scope, at),
    proveAfter: at + PROVEN_BY_USE_MS,
    previousRefreshToken: sent,
    intent: { token: fingerprint(sent), since: at },
    lastRefresh: { at, outcome: 'refreshed' },
    history: remembering(grant.history, 'refreshed', at, why),
  };
}

/** A pair of a new chain; nothing of the old one is of use any more. */
export function recovered<G extends GrantChange>(grant: G, pair: TokenPair, at: number): G {
  return {
    ...grant,
    restored: false,
    ...tokensOf(pair, grant.scope, at),
    previousRefreshToken: null,
    intent: null,
    lastRefresh: { at, outcome: 'refreshed' },
    history: remembering(grant.history, 'recovered', at),
  };
}

/** The access token was used with success, so Withings has retired the refresh token before it. */
export function confirmed<G extends GrantContent>(grant: G): G {
  return { ...grant, previousRefreshToken: null, intent: null };
}

/** No verdict: timeout, outage, unreadable, busy, wrong client. The intent stays; nobody asks again too soon. */
export function postponed<G extends GrantContent>(
  grant: G,
  { code, retryAfterSeconds }: Refusal,
  at: number,
): G {
  const backoffMs = Math.min(Math.max((retryAfterSeconds ?? 0) * 1000, BACKOFF_MS), MAX_BACKOFF_MS);
  return {
    ...grant,
    lastRefresh: { at, outcome: code },
    history: remembering(grant.history, code, at),
    backoffUntil: at + backoffMs,
  };
}

/** The present pair could not be proven just now. */
export function unproven<G extends GrantContent>(grant: G, at: number): G {
  return { ...grant, proveAfter: at + PROVE_AGAIN_MS };
}

/** Withings rejects the access token; it is not shown there again. */
export function rejected<G extends GrantContent>(grant: G): G {
  return { ...grant, accessRefused: true };
}

/** The person is said to have removed us, and their access token is refused. A refresh that goes well shows otherwise. */
export function unlinked<G extends GrantContent>(grant: G): G {
  return { ...grant, accessRefused: true, unlinked: true };
}

/** Withings refused every refresh token there is. */
export function dead<G extends GrantChange>(grant: G, code: RefusalCode, at: number): G {
  return {
    ...grant,
    restored: false,
    intent: null,
    lastRefresh: { at, outcome: code },
    history: remembering(grant.history, code, at),
    ended: { code, at: grant.ended?.at ?? at, probedAt: at },
  };
}

/** An outage that is noticed every few seconds is one event, and so is a week of refreshes that were due. */
function remembering(
  history: GrantContent['history'],
  what: GrantContent['history'][number]['what'],
  at: number,
  why?: Reason,
): GrantContent['history'] {
  const before = history.at(-1);
  if (before?.what === what && before.why === why) {
    return [...history.slice(0, -1), { ...before, last: at, times: before.times + 1 }];
  }
  return [...history, { what, ...(why && { why }), at, last: at, times: 1 }].slice(-HISTORY);
}

/** @param scope what holds where the pair does not say */
function tokensOf(pair: TokenPair, scope: string[], at: number) {
  return {
    scope: pair.scope ?? scope,
    accessToken: pair.accessToken,
    accessIssuedAt: at,
    accessExpiresAt: at + pair.expiresInSeconds * 1000,
    refreshToken: pair.refreshToken,
    refreshIssuedAt: at,
    refreshExpiresAt: at + REFRESH_TOKEN_LIFETIME_MS,
    accessRefused: false,
    backoffUntil: 0,
    proveAfter: 0,
    ended: null,
    unlinked: false,
  };
}
