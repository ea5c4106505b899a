import type { Issuer } from '../withings/clouds.ts';

/**
 * What is known of a store that came back from a backup. Its records may hold refresh tokens that were replaced since,
 * and the store that they are from may still be in use: whatever is asked of Withings here could end a token there. So
 * it is held until the operator has said that no other copy is in use; then Withings is asked about each record once.
 */
export interface RestoredStore {
  /** When it was put back, milliseconds since 1970, for as long as it is held; null: it is in use. */
  heldSince(): Promise<number | null>;
  /** Ids, in their order after this one, of grants of this issuer that came back and were not asked about (Grant.restored). */
  listRestored(issuer: Issuer, after: string, limit: number): Promise<string[]>;
}

/** The same store for the operator, while no program runs on it. */
export interface RestorableStore {
  heldSince(): Promise<number | null>;
  /** Holds it and marks every grant in it, whatever was held and marked before. Returns how many there are. */
  hold(at: number): Promise<number>;
  /** Puts it to use. Returns how many grants are to be asked about. */
  release(): Promise<number>;
  close(): void;
}

/** What the operator of a store that is held has to do. */
export const HELD_ADVICE =
  'when no other copy of it is in use any more, say so with: npm run restore -- --confirm';
