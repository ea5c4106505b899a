import { type Grant, type GrantContent, readCode } from '../store/grant.ts';
import type { GrantChange } from '../store/grants.ts';
import type { Issuer } from '../withings/clouds.ts';
import { type RefusalCode, type Refused, type Result, refuse } from '../withings/errors.ts';
import { fingerprint, MAX_BACKOFF_MS } from './changes.ts';

/** Everything here is asked at a moment `now`, milliseconds since 1970. */

/** A clock may be this far behind the one that wrote a record before we call it set back. */
const CLOCK_SLACK_MS = 60_000;
const PROBE_EVERY_MS = 3_600_000;

/** What stands between a connection and being well; null when nothing does. */
export function failureOf(grant: Grant): RefusalCode | null {
  return grant.ended ? readCode(grant.ended.code) : lastFailure(grant);
}

/** The grant, if its access token may be used; or why not. */
export function usable(grant: Grant | null, issuer: Issuer, now: number): Result<Grant> {
  if (grant?.issuer !== issuer) return refuse('not-connected');
  if (grant.ended) return refuse(readCode(grant.ended.code), { remedy: 'reconnect' });
  return isUsable(grant, now) ? { ok: true, value: grant } : unavailable(grant, now);
}

/** It has not ended, whatever its last refresh was answered: the next may go better. */
function unavailable(grant: Grant, now: number): Refused {
  const retryAfterSeconds = Math.max(1, Math.ceil(backoffFor(grant, now) / 1000));
  const { refusal } = refuse(lastFailure(grant) ?? 'withings-unreachable', { retryAfterSeconds });
  return { ok: false, refusal: { ...refusal, remedy: refusal.remedy === 'report' ? 'report' : 'retry' } };
}

function lastFailure({ lastRefresh }: GrantContent): RefusalCode | null {
  return lastRefresh === null || lastRefresh.outcome === 'refreshed' ? null : readCode(lastRefresh.outcome);
}

/** The access token may be shown to Withings. */
export function isUsable(grant: GrantContent, now: number): boolean {
  return grant.ended === null && !grant.accessRefused && now < grant.accessExpiresAt;
}

/** The moment from which a token is refreshed: the margin before its end, at most a quarter of its life. */
export function refreshDueAt(grant: GrantContent, marginSeconds: number): number {
  const lifetime = grant.accessExpiresAt - grant.accessIssuedAt;
  return grant.accessExpiresAt - Math.min(marginSeconds * 1000, lifetime / 4);
}

/**
 * A token from the future was issued before the clock was set back: nobody knows its age, so it is renewed. Of a grant
 * that came back with a backup nobody knows whether it was replaced since.
 */
export function isDue(grant: GrantChange, marginSeconds: number, now: number): boolean {
  const fromTheFuture = grant.accessIssuedAt > now + CLOCK_SLACK_MS;
  return grant.accessRefused || grant.restored || fromTheFuture || now >= refreshDueAt(grant, marginSeconds);
}

/** Why Withings is asked for new tokens, for people to read: nothing is decided by it. */
export type Reason = 'restored' | 'news' | 'retry' | 'unfinished' | 'refused' | 'due' | 'asked';

/** What a record says of why it is renewed; what it does not know of is somebody's wish. */
export function reasonFor(grant: GrantChange, marginSeconds: number, now: number): Reason {
  if (grant.restored) return 'restored';
  if (grant.unlinked) return 'news';
  if (lastFailure(grant)) return 'retry';
  if (grant.intent?.token === fingerprint(grant.refreshToken)) return 'unfinished';
  if (grant.accessRefused) return 'refused';
  return isDue(grant, marginSeconds, now) ? 'due' : 'asked';
}

/** Milliseconds for which nobody asks Withings for tokens. More than the longest wait: the clock was set back. */
export function backoffFor(grant: GrantContent, now: number): number {
  const left = grant.backoffUntil - now;
  return left > 0 && left <= MAX_BACKOFF_MS ? left : 0;
}

/** A grant that has ended is asked about at most once an hour: Withings may have refused by mistake. */
export function mayProbe({ ended }: GrantContent, now: number): boolean {
  return ended === null || Math.abs(now - ended.probedAt) >= PROBE_EVERY_MS;
}
