import { MAX_REVOCATION_LEASE_MS, type OutboxStore, type Revocation } from '../outbox.ts';
import type { StoreKey } from '../store-key.ts';
import type { Sql } from './client.ts';
import type { PostgresParts } from './store.ts';

export function postgresOutbox({ db }: PostgresParts, { openPerson }: StoreKey): OutboxStore {
  const read = ({ id, person, since, tries }: ClaimedRow): Revocation => ({
    ...{ id, since, tries },
    person: openPerson(id, person),
  });
  return {
    claimRevocations: async (issuer, now, leaseMs, limit) =>
      (await db.rows<ClaimedRow>(CLAIM_REVOCATIONS, now, now + leaseMs, issuer, limit)).map(read),

    async claimRevocation(id, now, leaseMs) {
      const latest = now + MAX_REVOCATION_LEASE_MS;
      const [row] = await db.rows<ClaimedRow>(CLAIM_REVOCATION, now, now + leaseMs, id, latest);
      return row ? read(row) : null;
    },

    async settleRevocation(id, settled) {
      if (typeof settled === 'object') await db.run(TRY_AGAIN, id, settled.dueAt);
      else await db.run(SETTLE_REVOCATION, id, settled);
    },

    async revocationsUnderWay(now) {
      const rows = await db.rows<{ id: string }>(UNDER_WAY, now, now + MAX_REVOCATION_LEASE_MS);
      return rows.map(({ id }) => id);
    },
  };
}

interface ClaimedRow {
  id: string;
  person: string;
  since: number;
  tries: number;
}

/** $1 now, $2 under way until. */
const CLAIM = `UPDATE @people SET since = CASE since WHEN 0 THEN $1 ELSE since END, tries = tries + 1,
  due_at = $2, sending_until = $2`;
const CLAIMED = 'RETURNING id, person, since, tries';

const CLAIM_REVOCATIONS = `${CLAIM} WHERE id IN (
  SELECT id FROM @people WHERE due_at <= $1 AND issuer = $3 ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED
) ${CLAIMED}`;

const CLAIM_REVOCATION = `${CLAIM}
  WHERE id = $3 AND due_at IS NOT NULL AND (sending_until <= $1 OR sending_until > $4) ${CLAIMED}`;

/** Endings say what became of it in place of whose it was. */
const SETTLE_REVOCATION = `
WITH gone AS (DELETE FROM @people WHERE id = $1 AND due_at IS NOT NULL RETURNING id)
UPDATE @endings SET grant_id = NULL, outcome = $2 FROM gone WHERE grant_id = gone.id`;

const TRY_AGAIN = 'UPDATE @people SET due_at = $2, sending_until = 0 WHERE id = $1 AND due_at IS NOT NULL';

const UNDER_WAY =
  'SELECT id FROM @people WHERE due_at > $1 AND sending_until = due_at AND sending_until <= $2';

/** Within a transaction: they are connected, and nothing is to be given back. */
export async function putPerson(sql: Sql, id: string, issuer: string, person: string): Promise<void> {
  await sql.run(
    `INSERT INTO @people (id, issuer, person) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET
       issuer = excluded.issuer, person = excluded.person, since = 0, tries = 0, due_at = NULL, sending_until = 0`,
    ...[id, issuer, person],
  );
}

/** Their grants are gone: their permissions are to be given back at once. */
export const ERASE_PEOPLE = 'UPDATE @people SET due_at = 0 WHERE id = ANY($1) AND due_at IS NULL';
