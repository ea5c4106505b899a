import { z } from 'zod';

const text = z.string();
const nullable = z.string().nullable();
const number = z.coerce.number(); // Redis says everything in text; and a time that was never written is 0

const batch = z.discriminatedUnion('kind', [
  rowsOf('grants', { id: text, write_id: text, sealed: text, due_at: number.nullable() }),
  rowsOf('subscriptions', { grant_id: text, state: nullable, due_at: number, news_at: number }),
  rowsOf('sessions', { key: text, grant_id: text, data: text, idle_until: number, ends_at: number }),
  rowsOf('attempts', {
    ...{ state: text, browser: text, demo: number, return_to: text, expires_at: number },
    ...{ answer: nullable, result: nullable },
  }),
]);

function rowsOf<Kind extends string, Row extends z.ZodRawShape>(kind: Kind, row: Row) {
  return z.object({ kind: z.literal(kind), rows: z.array(z.object(row)) });
}

/**
 * Records as every store has them: sealed text stays sealed, times are milliseconds since 1970, each grant has one row
 * of subscriptions. Two things are left out. Leases: they run by a clock of the store's own, and who has one can write
 * neither here nor there. The rate limit: it is over within a minute.
 */
export type Batch = z.output<typeof batch>;

export type Kind = Batch['kind'];

/** @param rows may have further fields, and numbers as text */
export function readBatch(kind: Kind, rows: unknown[]): Batch {
  return batch.parse({ kind, rows });
}
