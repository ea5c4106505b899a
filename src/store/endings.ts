import { z } from 'zod';
import { DAY_MS } from '../time/clocks.ts';
import type { RevocationOutcome } from './outbox.ts';

/**
 * How the sessions of browsers ended that somebody else ended: time, another browser, whoever disconnected. Written in
 * the transaction that ends them. Whose they were is not in it: the id of a grant, which is an HMAC of a person, only
 * for as long as there is a grant or a permission to be given back, and so that person's own record beside it.
 */
export interface EndingStore {
  /** Of a session that has `visitedAt`, for ENDINGS_KEPT_MS; null: it lives, or nobody remembers it. */
  readEnding(key: string, now: number): Promise<Ending | null>;
}

/** Times are milliseconds since 1970. */
export interface Ending {
  /** `session-idle` and `session-max`: it has lapsed, whether or not it was cleared away by now. */
  why: z.infer<typeof why>;
  at: number;
  /** When its browser was last here; to the day. */
  visitedAt: number;
  /** The grant that it owned, and whose clients Withings' it is of; null: its permission is settled, see `outcome`. */
  grant: { id: string; issuer: string } | null;
  /** What became of its permission; null: nothing yet, or nobody remembers. */
  outcome: RevocationOutcome | null;
}

/** As long as a browser keeps a cookie. */
export const ENDINGS_KEPT_MS = 400 * DAY_MS;

const why = z.enum(['session-idle', 'session-max', 'logged-out', 'disconnected']);

const row = z.object({
  why,
  at: z.coerce.number(),
  visited_at: z.coerce.number(),
  grant_id: z.string().nullable(),
  issuer: z.string().nullable(),
  outcome: z.enum(['revoked', 'given-up']).nullable(),
});

export function readEndingRow(found: unknown): Ending {
  const { why, at, visited_at: visitedAt, grant_id: id, issuer, outcome } = row.parse(found);
  return { why, at, visitedAt, grant: id !== null && issuer !== null ? { id, issuer } : null, outcome };
}
