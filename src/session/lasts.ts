import { demoEndsAt } from '../problems/connection.ts';
import type { Grant } from '../store/grant.ts';
import type { SessionSpan } from '../store/sessions.ts';

export type LastsBecause = 'session-idle' | 'session-max' | 'refresh-token' | 'demo';

/** How long a connection lasts if nobody comes any more, milliseconds since 1970, and what ends it then. */
export interface Lasts {
  until: number;
  because: LastsBecause;
  /** When this browser is signed out, whatever becomes of the connection. */
  browserUntil: number;
}

/**
 * The earliest of what can end it. Of all who own it (browsers, a partner, an application that embeds us) the last one
 * counts: a connection ends with its last owner.
 *
 * @param own of the browser that asks
 * @param longest of all owners; null: nobody else is known
 */
export function lastsOf(grant: Grant, own: SessionSpan, longest: SessionSpan | null): Lasts {
  const last = longest && longest.idleUntil > own.idleUntil ? longest : own;
  const ends: [number, LastsBecause][] = [
    [last.idleUntil, last.idleUntil < last.endsAt ? 'session-idle' : 'session-max'],
    [grant.refreshExpiresAt, 'refresh-token'],
    [demoEndsAt(grant) ?? Number.POSITIVE_INFINITY, 'demo'],
  ];
  const [until, because] = ends.reduce((first, end) => (end[0] < first[0] ? end : first));
  return { until, because, browserUntil: own.idleUntil };
}
