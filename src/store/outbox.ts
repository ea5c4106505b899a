import type { Issuer } from '../withings/clouds.ts';
import type { Person } from './store-key.ts';

/**
 * Permissions that are to be given back: whoever erases the last copy of a grant, for whatever reason, leaves behind
 * whose it was, in the same transaction. It is taken out when Withings has heard of it, and by a sign-in.
 */
export interface OutboxStore {
  /** Takes what is due of this issuer. It is under way for `leaseMs`, in which nobody else is given it. */
  claimRevocations(issuer: Issuer, now: number, leaseMs: number, limit: number): Promise<Revocation[]>;
  /** Takes one, due or not; null: there is none, or it is under way. */
  claimRevocation(id: string, now: number, leaseMs: number): Promise<Revocation | null>;
  /** Ends that: settled for good, which endings of the grant's sessions then say in place of its id; or due again at a moment. */
  settleRevocation(id: string, settled: RevocationOutcome | { dueAt: number }): Promise<void>;
  /** Ids of what is under way. */
  revocationsUnderWay(now: number): Promise<string[]>;
}

/** Withings has taken the permission back, or there was none any more; or nobody asks it any longer. */
export type RevocationOutcome = 'revoked' | 'given-up';

export interface Revocation {
  id: string;
  /** Null: it was damaged. */
  person: Person | null;
  /** When it was taken for the first time, and how often by now. */
  since: number;
  tries: number;
}

/** No lease is longer: one that has longer to run was written by a clock that was ahead. */
export const MAX_REVOCATION_LEASE_MS = 10 * 60_000;
