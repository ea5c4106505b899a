import { demoEndsAt } from '../problems/connection.ts';
import { type Grant, isOverdue } from '../store/grant.ts';
import { ENDLESS_FROM_MS, type SessionSpan } from '../store/sessions.ts';
import { DAY_MS } from '../time/clocks.ts';

export type LastsBecause = 'session-idle' | 'session-max' | 'refresh-token' | 'demo';

/** How long a connection lasts if nobody comes any more, and what ends it then. */
export interface Lasts {
  /** Milliseconds since 1970; null, with `because`: until somebody ends it. */
  until: number | null;
  because: LastsBecause | null;
  /** When this browser is signed out if it is not seen any more, whatever becomes of the connection. */
  browserUntil: number;
  /** The same, however often it is seen. */
  browserEndsAt: number;
  /** From then on that is near, and the person may begin anew. */
  browserEndsSoonAt: number;
}

/** Of a short time it is the last quarter. */
const LAST_DAYS_MS = 30 * DAY_MS;

/**
 * The earliest of what can end it. Of all who own it (browsers, a partner, an application that embeds us) the last one
 * counts: a connection ends with its last owner. A refresh token is renewed before its end though nobody comes; where
 * that has not happened in time, nobody can say that it will.
 *
 * @param own of the browser that asks; `maxMs`: how long one may be signed in, in all
 * @param longest of all owners; null: nobody else is known
 */
export function lastsOf(
  grant: Grant,
  own: SessionSpan & { maxMs: number },
  longest: SessionSpan | null,
  now: number,
): Lasts {
  const last = longest && longest.idleUntil > own.idleUntil ? longest : own;
  const ends: [number, LastsBecause][] = [
    [last.idleUntil, last.idleUntil < last.endsAt ? 'session-idle' : 'session-max'],
    [isOverdue(grant, now) ? grant.refreshExpiresAt : Number.POSITIVE_INFINITY, 'refresh-token'],
    [demoEndsAt(grant) ?? Number.POSITIVE_INFINITY, 'demo'],
  ];
  const [until, because] = ends.reduce((first, end) => (end[0] < first[0] ? end : first));
  const browserEndsSoonAt = own.endsAt - Math.min(LAST_DAYS_MS, own.maxMs / 4);
  const browser = { browserUntil: own.idleUntil, browserEndsAt: own.endsAt, browserEndsSoonAt };
  return until > now + ENDLESS_FROM_MS
    ? { until: null, because: null, ...browser }
    : { until, because, ...browser };
}
