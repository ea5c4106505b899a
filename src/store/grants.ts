import type { Grant, GrantContent } from './grant.ts';

/**
 * Grants, written only by compare-and-set on their write-id: a random value that is new on every write, because a
 * counter would be issued twice after a rollback of the store.
 */
export interface GrantStore {
  /** @throws DecryptionError when no key at hand opens it */
  readGrant(id: string): Promise<Grant | null>;
  /** What signIn must expect: the write-id of the grant now, or null when there is none. */
  readWriteId(id: string): Promise<string | null>;
  /**
   * Compare-and-set: writes only if the grant still has this write-id. Null: it has not; read again.
   * The lease is taken for `leaseMs` milliseconds of the store's own clock, or given back with 0.
   */
  writeGrant(id: string, writeId: string, change: GrantContent, leaseMs: number): Promise<Grant | null>;
  /**
   * Ids of grants that are due (see dueAt) and that nobody has a lease on. For CLAIM_MS nobody else is given them,
   * unless the grant is written.
   */
  claimDueGrants(now: number, limit: number): Promise<string[]>;
  /** Erases a grant and every session that owns it. */
  eraseGrant(id: string): Promise<void>;
}

/** Whoever dies over a claimed grant holds nobody up for longer. */
export const CLAIM_MS = 60_000;

/** No grant is due later than this from now: one that is was written by a clock that was ahead, and counts as due. */
export const DUE_WITHIN_MS = 3_600_000;
