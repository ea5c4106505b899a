import type { ConnectionState, ListedConnection } from '../store/connections.ts';
import { DecryptionError } from '../store/encryption.ts';
import { dueAt, type Grant } from '../store/grant.ts';
import { ENDLESS_FROM_MS } from '../store/sessions.ts';
import { refreshDueAt } from '../tokens/state.ts';

/** A connection as the operator sees it: never a token, a user id or health data. Moments are ISO 8601. */
export interface Row {
  /** The name that the log has for it, which does not say whose it is. */
  connection: string;
  cloud: string;
  state: ConnectionState;
  demo: boolean;
  since: string | null;
  lastRefresh: { at: string; outcome: string } | null;
  /** When it is refreshed, if somebody comes then; or when an open refresh is tried again. */
  nextDue: string | null;
  isOpen: boolean;
  owners: string;
}

/** @param now milliseconds since 1970 */
export function rowOf(listed: ListedConnection, marginSeconds: number, now: number): Row {
  const grant = opened(listed);
  return {
    connection: listed.id,
    cloud: listed.issuer ?? 'unknown',
    state: grant ? listed.state : 'unreadable',
    demo: grant?.demo ?? false,
    since: grant && iso(sinceOf(grant)),
    lastRefresh: grant?.lastRefresh
      ? { at: iso(grant.lastRefresh.at), outcome: grant.lastRefresh.outcome }
      : null,
    nextDue: grant && !grant.ended ? iso(dueAt(grant) ?? refreshDueAt(grant, marginSeconds)) : null,
    isOpen: grant !== null && dueAt(grant) !== null,
    owners: grant?.demo ? 'whoever tries the demo' : ownersOf(listed, now),
  };
}

/** Null where no key at hand opens it. */
function opened({ grant }: ListedConnection): Grant | null {
  try {
    return grant();
  } catch (error) {
    if (error instanceof DecryptionError) return null;
    throw error;
  }
}

/** When it came to be as it is: ended, in trouble, or connected. */
function sinceOf({ ended, lastRefresh, history, connectedAt }: Grant): number {
  if (ended) return ended.at;
  const isTroubled = lastRefresh !== null && lastRefresh.outcome !== 'refreshed';
  return isTroubled ? (history.at(-1)?.at ?? lastRefresh.at) : connectedAt;
}

const OWNERS = ['browser', 'partner', 'embedding application', 'unopened hand-off link'] as const;

function ownersOf({ sessions }: ListedConnection, now: number): string {
  const kinds = sessions.map(({ data, endsAt }): (typeof OWNERS)[number] => {
    const kept: object = JSON.parse(data);
    if ('signedInAt' in kept) return 'browser';
    if ('sealed' in kept) return 'partner';
    return endsAt > now + ENDLESS_FROM_MS ? 'embedding application' : 'unopened hand-off link';
  });
  return OWNERS.flatMap((owner) => {
    const count = kinds.filter((kind) => kind === owner).length;
    if (count === 0) return [];
    return count === 1 ? owner : `${count} × ${owner}`;
  }).join(', ');
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
