import type { Grant } from '../store/grant.ts';
import { DAY_MS } from '../time/clocks.ts';
import { failureOf } from '../tokens/state.ts';
import { PROBLEMS, type ProblemCode } from './catalogue.ts';

/** The status of a connection as other programs may see it: never a token. Moments are ISO 8601. */
export interface Connection {
  state: 'not-connected' | 'connected' | 'refreshing' | 'degraded' | 'needs-reconnect' | 'unlinked';
  userId: string | null;
  demo: boolean;
  scope: string[];
  accessToken: Span | null;
  refreshToken: Span | null;
  lastRefresh: { at: string; outcome: string } | null;
  problem: { code: ProblemCode; title: string; advice: string } | null;
  /** Where the person lives, an IANA name; null: not known. */
  timezone: string | null;
}

/** The state of a connection, as a page says it first. */
export const STATE_WORDS: Record<Connection['state'], string> = {
  connected: 'Connected',
  degraded: 'Connected, but held up',
  'needs-reconnect': 'Please connect again',
  refreshing: 'Connected',
  unlinked: 'The demo is over',
  'not-connected': 'Not connected',
};

interface Span {
  issuedAt: string;
  expiresAt: string;
}

const NOT_CONNECTED: Connection = {
  state: 'not-connected',
  userId: null,
  demo: false,
  scope: [],
  accessToken: null,
  refreshToken: null,
  lastRefresh: null,
  problem: null,
  timezone: null,
};

/** @param timezone as Withings says it @param now milliseconds since 1970 */
export function connectionOf(
  grant: Grant | null | undefined,
  timezone: string | null,
  now: number,
): Connection {
  if (!grant) return NOT_CONNECTED;
  const code = failureOf(grant);
  return {
    state: stateOf(grant, code, now),
    userId: grant.userId,
    demo: grant.demo,
    scope: grant.scope,
    accessToken: { issuedAt: iso(grant.accessIssuedAt), expiresAt: iso(grant.accessExpiresAt) },
    refreshToken: { issuedAt: iso(grant.refreshIssuedAt), expiresAt: iso(grant.refreshExpiresAt) },
    lastRefresh: grant.lastRefresh && { at: iso(grant.lastRefresh.at), outcome: grant.lastRefresh.outcome },
    problem: code && { code, title: PROBLEMS[code].title, advice: PROBLEMS[code].advice },
    timezone,
  };
}

/** Withings removes the app from its demo users after a day; null: this is nobody of them. Milliseconds since 1970. */
export function demoEndsAt({ demo, connectedAt }: Grant): number | null {
  return demo ? connectedAt + DAY_MS : null;
}

function stateOf(grant: Grant, problem: string | null, now: number): Connection['state'] {
  const demoEnds = demoEndsAt(grant) ?? Number.POSITIVE_INFINITY;
  if (grant.ended) return grant.ended.at >= demoEnds ? 'unlinked' : 'needs-reconnect';
  if (now >= demoEnds) return 'unlinked'; // and nobody has asked Withings since
  if (grant.leased || grant.restored) return 'refreshing'; // Withings is about to be asked
  return problem === null ? 'connected' : 'degraded';
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
