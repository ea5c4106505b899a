import { z } from 'zod';
import type { CopyMark } from './mark.ts';

/** A store as `copy.ts` needs it, to read it out or to fill it. */
export interface CopyableStore {
  /** See RestoredStore: what is held is not copied. */
  heldSince(): Promise<number | null>;
  readMark(): Promise<CopyMark | null>;
  /**
   * Compare-and-set. From the moment that a mark is there, every write of the `Store` fails. False: it was another
   * one, and stays.
   */
  swapMark(from: CopyMark | null, to: CopyMark | null): Promise<boolean>;
  /** Everything that is not over at this moment, a few hundred rows at a time: grants, subscriptions, sessions … */
  records(now: number): AsyncIterable<Batch>;
  /** @throws when this mark is not there: another run has replaced it */
  put(mark: CopyMark, batch: Batch): Promise<void>;
  /**
   * Removes every record.
   *
   * @throws when this mark is not there
   */
  clear(mark: CopyMark): Promise<void>;
  /**
   * Resolves when everything written so far is on the disk. False: this store does not say.
   *
   * @throws when it cannot be written there
   */
  sync(): Promise<boolean>;
  close(): void;
}

/** At most a megabyte; a server that takes them in one step is held up for some ten milliseconds. */
export const BATCH = 250;

const text = z.string();
const nullable = z.string().nullable();
const number = z.coerce.number(); // Redis says everything in text; and a time that was never written is 0

const batch = z.discriminatedUnion('kind', [
  rowsOf('meta', { name: text, value: text }),
  rowsOf('grants', { id: text, write_id: text, sealed: text, due_at: number.nullable() }),
  rowsOf('subscriptions', { grant_id: text, state: nullable, due_at: number, news_at: number }),
  rowsOf('sessions', {
    ...{ key: text, grant_id: text, data: text, idle_until: number, ends_at: number },
    ...{ bound: text, visited_at: number.nullable() },
  }),
  rowsOf('people', {
    ...{ id: text, issuer: text, person: text, since: number, tries: number },
    due_at: number.nullable(),
  }),
  rowsOf('endings', {
    ...{ key: text, why: text, at: number, visited_at: number },
    ...{ grant_id: nullable, outcome: nullable },
  }),
  rowsOf('restored', { grant_id: text }),
]);

function rowsOf<Kind extends string, Row extends z.ZodRawShape>(kind: Kind, row: Row) {
  return z.object({ kind: z.literal(kind), rows: z.array(z.object(row)) });
}

/**
 * Records as every store has them: sealed text stays sealed, times are milliseconds since 1970, each grant has one row
 * of subscriptions. Left out are leases, which run by a clock of the store's own, and whoever has one can write neither
 * here nor there; and what is over within the hour anyway: the rate limit, and which attempts were spent.
 */
export type Batch = z.output<typeof batch>;

export type Kind = Batch['kind'];

/** @param rows may have further fields, and numbers as text */
export function readBatch(kind: Kind, rows: unknown[]): Batch {
  return batch.parse({ kind, rows });
}
