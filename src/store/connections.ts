import { DAY_MS } from '../time/clocks.ts';
import type { CallCountStore } from './call-counts.ts';
import type { Encryption } from './encryption.ts';
import { dueAt, type Grant, type GrantContent } from './grant.ts';
import type { RateLimitStore } from './rate-limit.ts';

/** `unreadable`: no key at hand opened the record when it was last taken up by a new version or a copy. */
export const CONNECTION_STATES = [
  'connected',
  'degraded',
  'needs-reconnect',
  'unlinked',
  'unreadable',
] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

/** What a store knows of a grant without opening it: enough to count connections, and nothing of a person. */
export interface ConnectionClass {
  state: ConnectionState;
  demo: boolean;
  /** Since when a refresh of it is unfinished or its pair unproven; null: neither. Milliseconds since 1970. */
  openSince: number | null;
}

/** Kept beside each grant, by every write of it. */
export function classOf(grant: GrantContent): ConnectionClass {
  const openSince = dueAt(grant) === null ? null : (grant.intent?.since ?? grant.accessIssuedAt);
  return { state: stateOf(grant), demo: grant.demo, openSince };
}

/** Of a record that nothing opens. */
export const UNREADABLE: ConnectionClass = { state: 'unreadable', demo: false, openSince: null };

function stateOf({ ended, unlinked, demo, connectedAt, lastRefresh }: GrantContent): ConnectionState {
  if (ended) return unlinked || (demo && ended.at >= connectedAt + DAY_MS) ? 'unlinked' : 'needs-reconnect';
  return lastRefresh === null || lastRefresh.outcome === 'refreshed' ? 'connected' : 'degraded';
}

/** All that is stored, whoever issued it. */
export interface ConnectionTotals {
  /** Of each state, in the order of CONNECTION_STATES; of `all` so many are of the demo. */
  states: { state: ConnectionState; all: number; demo: number }[];
  /** Records that an older key than the newest has sealed. */
  underOldKey: number;
  /** Of these, records that none of the keys at hand opens. */
  underUnknownKey: number;
  /** Unfinished refreshes and unproven pairs, and since when the oldest is one; null: there is none. */
  open: number;
  openSince: number | null;
}

/** @param counts how many records each key has sealed, by its id */
export function keyTotals(
  counts: [keyId: string, records: number][],
  { isNewest, isKnown }: Pick<Encryption, 'isNewest' | 'isKnown'>,
): Pick<ConnectionTotals, 'underOldKey' | 'underUnknownKey'> {
  const sum = (isMeant: (sealed: string) => boolean) =>
    counts.reduce((all, [id, records]) => all + (isMeant(`${id}.`) ? records : 0), 0);
  return {
    underOldKey: sum((sealed) => !isNewest(sealed)),
    underUnknownKey: sum((sealed) => !isKnown(sealed)),
  };
}

export interface ListedConnection {
  id: string;
  /** Null: it is not known any more. */
  issuer: string | null;
  state: ConnectionState;
  /** @throws DecryptionError when no key at hand opens it; null: it has ended meanwhile */
  grant: () => Grant | null;
  /** Its live sessions, SESSIONS_LISTED at most; none of a demo, which everybody who tries it owns. */
  sessions: { data: string; endsAt: number }[];
}

/** For who runs this: how many connections there are, and which. */
export interface ConnectionStore {
  /** Opens no record. Takes as long however many there are; in PostgreSQL 0.3 s for a million. */
  countConnections(): Promise<ConnectionTotals>;
  /** In the order of their ids, from the one that follows `after` on; null: all states, from the first. */
  listConnections(
    state: ConnectionState | null,
    after: string | null,
    now: number,
    limit: number,
  ): Promise<ListedConnection[]>;
  /** The page data of the live sessions that own this grant, SESSIONS_LISTED at most. */
  readOwners(grantId: string, now: number): Promise<string[]>;
}

export const SESSIONS_LISTED = 20;

/** What a store knows of its connections, for a program beside the app. */
export interface OpenTotals
  extends Pick<ConnectionStore, 'countConnections'>,
    Pick<RateLimitStore, 'readCalls'>,
    CallCountStore {
  /** How many refresh tokens are old enough to be renewed without a visitor (see renewAt). */
  countOldTokens(now: number): Promise<number>;
  close(): void;
}
