import type { GrantContent } from '../store/grant.ts';
import { MAX_BACKOFF_MS } from './changes.ts';

/** A clock may be this far behind the one that wrote a record before we call it set back. */
const CLOCK_SLACK_MS = 60_000;
const PROBE_EVERY_MS = 3_600_000;

/** Everything here is asked at a moment `now`, milliseconds since 1970. */

/** The access token may be shown to Withings. */
export function isUsable(grant: GrantContent, now: number): boolean {
  return grant.ended === null && !grant.accessRefused && now < grant.accessExpiresAt;
}

/** The moment from which a token is refreshed: the margin before its end, at most a quarter of its life. */
export function refreshDueAt(grant: GrantContent, marginSeconds: number): number {
  const life = grant.accessExpiresAt - grant.accessIssuedAt;
  return grant.accessExpiresAt - Math.min(marginSeconds * 1000, life / 4);
}

/** A token from the future was issued before the clock was set back: nobody knows its age, so it is renewed. */
export function isDue(grant: GrantContent, marginSeconds: number, now: number): boolean {
  const fromTheFuture = grant.accessIssuedAt > now + CLOCK_SLACK_MS;
  return grant.accessRefused || fromTheFuture || now >= refreshDueAt(grant, marginSeconds);
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
