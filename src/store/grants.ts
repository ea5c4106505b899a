import type { Issuer } from '../withings/clouds.ts';
import { type Grant, type GrantContent, RENEW_WITHIN_MS } from './grant.ts';
import type { SignIn } from './sessions.ts';
import type { Store } from './store.ts';

/**
 * Grants, written only by compare-and-set on their write-id: a random value that is new on every write, because a
 * counter would be issued twice after a rollback of the store.
 */
export interface GrantStore {
  /** Withings revokes and de-duplicates per user: two records of one user would fight each other. */
  grantIdOf(person: Pick<GrantContent, 'issuer' | 'userId'>): string;
  /** @throws DecryptionError when no key at hand opens it */
  readGrant(id: string): Promise<Grant | null>;
  /** What signIn must expect: the write-id of the grant now, or null when there is none. */
  readWriteId(id: string): Promise<string | null>;
  /**
   * Compare-and-set: writes only if the grant still has this write-id. Null: it has not; read again.
   * The lease is taken for `leaseMs` milliseconds of the store's own clock, or given back with 0. One that came back
   * with a backup stays `restored` only where the change says so.
   */
  writeGrant(id: string, writeId: string, change: GrantChange, leaseMs: number): Promise<Grant | null>;
  /**
   * Ids of grants of this issuer that are due (see dueAt) and that nobody has a lease on. For CLAIM_MS nobody else is given them,
   * unless the grant is written.
   */
  claimDueGrants(issuer: Issuer, now: number, limit: number): Promise<string[]>;
  /**
   * The same of those whose refresh token grows old (see renewAt), and of any whose age was never looked at. For
   * RENEWAL_CLAIM_MS nobody else is given them.
   */
  claimOldGrants(issuer: Issuer, now: number, limit: number): Promise<string[]>;
  /** Erases a grant and every session that owns it; whose it was goes to the outbox. */
  eraseGrant(id: string, now: number): Promise<void>;
}

export type GrantChange = GrantContent & Partial<Pick<Grant, 'restored'>>;

/** Whoever dies over a claimed grant holds nobody up for longer. */
export const CLAIM_MS = 60_000;
/** A renewal that came to nothing is tried again so much later. */
const RENEWAL_CLAIM_MS = 3_600_000;

/** How grants are claimed that are due, in milliseconds. */
export interface Claim {
  /** None is due later than this from now: one that is was written by a clock that was ahead, and counts as due. */
  withinMs: number;
  claimMs: number;
}
export const DUE: Claim = { withinMs: 3_600_000, claimMs: CLAIM_MS };
export const OLD: Claim = { withinMs: RENEW_WITHIN_MS, claimMs: RENEWAL_CLAIM_MS };
/** Another issuer's get out of the way of those that somebody can attend to, for so long. */
export const OTHERS_WAIT_MS = 3_600_000;

const MAX_TRIES = 10;

/**
 * Stores a new grant together with the session that owns it, in place of whatever grant this person had before. Durable
 * when this resolves. Returns the grant's id.
 */
export async function saveGrant(
  store: Pick<Store, 'grantIdOf' | 'readWriteId' | 'signIn'>,
  content: GrantContent,
  entry: Omit<SignIn, 'grant'>,
): Promise<string> {
  const id = store.grantIdOf(content);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const grant = { id, expected: await store.readWriteId(id), content };
    if (await store.signIn({ ...entry, grant })) return id;
  }
  throw new Error('The grant kept changing while signing in');
}
