import type { Issuer } from '../../withings/clouds.ts';
import type { Encryption } from '../encryption.ts';
import type { Grant } from '../grant.ts';
import { type Claim, DUE, type GrantStore, OLD, OTHERS_WAIT_MS } from '../grants.ts';
import { openGrant, type SealedGrant, sealGrant } from '../sealed-grant.ts';
import type { StoreKey } from '../store-key.ts';
import { PROBE } from './attempts.ts';
import type { Sql } from './client.ts';
import { remember } from './endings.ts';
import type { PostgresError } from './errors.ts';
import { ERASE_PEOPLE } from './outbox.ts';
import type { PostgresParts } from './store.ts';

export function postgresGrants(
  { db, encryption, clock, announce }: PostgresParts,
  { grantIdOf }: StoreKey,
): GrantStore {
  async function readWriteId(id: string): Promise<string | null> {
    const [row] = await db.rows<{ write_id: string }>('SELECT write_id FROM @grants WHERE id = $1', id);
    return row?.write_id ?? null;
  }

  /**
   * A commit whose answer was lost may have been made: the write-id is its own, so that it can be asked after. It may
   * be read and still be on no standby: what is written behind it is answered when all before it is there.
   */
  async function writtenAfterAll(id: string, writeId: string, error: PostgresError): Promise<number> {
    if (error.code !== 'POSTGRES_UNAVAILABLE') throw error;
    const found = await readWriteId(id).catch(() => null);
    if (found !== writeId) throw error;
    await db.run(PROBE);
    return 1;
  }

  async function claim(
    statement: string,
    issuer: Issuer,
    now: number,
    limit: number,
    { withinMs, claimMs }: Claim,
  ): Promise<string[]> {
    const times = [now, now + withinMs, now + claimMs, now + OTHERS_WAIT_MS] as const;
    const claimed = await db.rows<{ id: string }>(statement, issuer, ...times, limit, clock());
    return claimed.map(({ id }) => id);
  }

  return {
    grantIdOf,
    readWriteId,

    async readGrant(id) {
      const [row] = await db.rows<GrantRow>(`SELECT ${GRANT} FROM @grants g WHERE id = $1`, id, clock());
      return row ? readGrantRow(row, encryption) : null;
    },

    async writeGrant(id, writeId, change, leaseMs) {
      const next = sealGrant(id, change, encryption);
      const { restored = false } = change;
      const written = await db
        .rows(
          WRITE_GRANT,
          id,
          writeId,
          next.writeId,
          next.sealed,
          next.dueAt,
          leaseMs,
          clock(),
          next.renewAt,
          restored,
          next.state,
          next.demo,
          keyOf(next.sealed),
          next.openSince,
        )
        .then(
          (rows) => rows.length,
          (error) => writtenAfterAll(id, next.writeId, error),
        );
      if (written === 0) return null;
      announce(id);
      return { ...change, id, writeId: next.writeId, leased: leaseMs > 0, restored };
    },

    claimDueGrants: (issuer, now, limit) => claim(CLAIM_DUE, issuer, now, limit, DUE),
    claimOldGrants: (issuer, now, limit) => claim(CLAIM_OLD, issuer, now, limit, OLD),

    async eraseGrant(id, now) {
      await db.transaction(async (sql) => {
        await lockGrants(sql, [id]);
        await remember(sql, 'grant_id', [id], 'disconnected', now);
        await sql.run('DELETE FROM @sessions WHERE grant_id = $1', id);
        await eraseGrants(sql, [id]);
      });
      announce(id);
    },
  };
}

/** The server's clock in milliseconds, or the one that a test hands in as this parameter. */
function clockIn(parameter: number): string {
  return `coalesce($${parameter}::float8, extract(epoch FROM clock_timestamp()) * 1000)::bigint`;
}

/** A server that was promoted may have another clock: a lease that has longer to run than it was given does not count. */
export function leasedBy(parameter: number): string {
  return `(g.lease_until > ${clockIn(parameter)} AND g.lease_until - ${clockIn(parameter)} <= g.lease_ms)`;
}

export interface GrantRow {
  id: string;
  write_id: string;
  sealed: string;
  leased: boolean;
  restored: boolean;
}

export const RESTORED = 'EXISTS (SELECT 1 FROM @restored WHERE grant_id = g.id)';

/** $2 is the clock. */
const GRANT = `g.id, g.write_id, g.sealed, ${leasedBy(2)} AS leased, ${RESTORED} AS restored`;

export function readGrantRow(row: GrantRow, encryption: Encryption): Grant {
  const { id, write_id: writeId, sealed, leased, restored } = row;
  return { ...openGrant(id, sealed, encryption), id, writeId, leased, restored };
}

/** Written when it changes, which is not each time. */
const PUT_DUE = 'INSERT INTO @due AS d (grant_id, due_at, renew_at)';
const CHANGE_DUE = `ON CONFLICT (grant_id) DO UPDATE SET due_at = excluded.due_at, renew_at = excluded.renew_at
  WHERE (d.due_at, d.renew_at) IS DISTINCT FROM (excluded.due_at, excluded.renew_at)`;

/** The same of what can be counted; open since it first was. */
const PUT_CLASS = 'INSERT INTO @connections AS c (grant_id, state, demo, key, open_since)';
const OPEN_SINCE = `CASE WHEN excluded.open_since IS NULL THEN NULL ELSE LEAST(c.open_since, excluded.open_since) END`;
const CHANGE_CLASS = `ON CONFLICT (grant_id) DO UPDATE SET state = excluded.state, demo = excluded.demo,
  key = excluded.key, open_since = ${OPEN_SINCE}
  WHERE (c.state, c.demo, c.key, c.open_since)
    IS DISTINCT FROM (excluded.state, excluded.demo, excluded.key, ${OPEN_SINCE})`;

/** The id of the key that sealed it. */
export function keyOf(sealed: string): string {
  return sealed.split('.', 1)[0] ?? '';
}

/** When it is due stands beside it: an index on a column that often changes would make each write three times as long. */
const WRITE_GRANT = `
WITH written AS (
  UPDATE @grants SET write_id = $3, sealed = $4, lease_ms = $6::bigint,
    lease_until = CASE WHEN $6::bigint > 0 THEN ${clockIn(7)} + $6::bigint ELSE 0 END
  WHERE id = $1 AND write_id = $2 RETURNING id
), timed AS (
  ${PUT_DUE} SELECT id, $5::bigint, $8::bigint FROM written ${CHANGE_DUE}
), classified AS (
  ${PUT_CLASS} SELECT id, $10::text, $11::boolean, $12::text, $13::bigint FROM written ${CHANGE_CLASS}
), settled AS (
  DELETE FROM @restored WHERE grant_id IN (SELECT id FROM written) AND NOT $9::boolean
)
SELECT id FROM written`;

/** issuer, now, the latest that is due at all, claimed until, when others' are looked at again, limit, clock. */
const claimBy = (column: 'due_at' | 'renew_at') => `
WITH due AS MATERIALIZED (
  SELECT grant_id, ${column} AS at FROM @due WHERE ${column} <= $2 ORDER BY ${column} LIMIT $6 FOR UPDATE SKIP LOCKED
), ahead AS MATERIALIZED (
  SELECT grant_id, ${column} AS at FROM @due WHERE ${column} > $3 ORDER BY ${column}
  LIMIT $6 - (SELECT count(*) FROM due) FOR UPDATE SKIP LOCKED
), found AS (
  SELECT d.grant_id, d.at, p.issuer IS NOT DISTINCT FROM $1 AS ours, ${leasedBy(7)} AS leased
  FROM (SELECT * FROM due UNION ALL SELECT * FROM ahead) d
  JOIN @grants g ON g.id = d.grant_id LEFT JOIN @people p ON p.id = d.grant_id
), claimed AS (
  UPDATE @due SET ${column} = CASE WHEN ours THEN $4::bigint ELSE $5::bigint END
  FROM found WHERE @due.grant_id = found.grant_id AND NOT (ours AND leased)
  RETURNING found.grant_id AS id, found.at, ours
)
SELECT id FROM claimed WHERE ours ORDER BY at`;

const CLAIM_DUE = claimBy('due_at');
const CLAIM_OLD = claimBy('renew_at');

/** Within a transaction, in place of whatever grant this person had; nobody has a lease on it. */
export async function putGrant(
  sql: Sql,
  id: string,
  expected: string | null,
  { writeId, sealed, dueAt, renewAt, state, demo, openSince }: SealedGrant,
): Promise<boolean> {
  const written =
    expected === null
      ? await sql.run(
          'INSERT INTO @grants (id, write_id, sealed) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING',
          ...[id, writeId, sealed],
        )
      : await sql.run(
          'UPDATE @grants SET write_id = $3, sealed = $4, lease_until = 0, lease_ms = 0 WHERE id = $1 AND write_id = $2',
          ...[id, expected, writeId, sealed],
        );
  if (written === 0) return false;
  await sql.run('DELETE FROM @restored WHERE grant_id = $1', id);
  await sql.run(`${PUT_DUE} VALUES ($1, $2, $3) ${CHANGE_DUE}`, id, dueAt, renewAt);
  await sql.run('DELETE FROM @connections WHERE grant_id = $1', id);
  await sql.run(`${PUT_CLASS} VALUES ($1, $2, $3, $4, $5)`, id, state, demo, keyOf(sealed), openSince);
  return true;
}

/** Before anything of theirs ends: of two last sessions that end at once, the later one then sees that it is the last. */
export async function lockGrants(sql: Sql, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.rows('SELECT id FROM @grants WHERE id = ANY($1) ORDER BY id FOR UPDATE', ids);
}

/** Within a transaction that has them locked: those of them that no session owns any more go. */
export async function eraseUnowned(sql: Sql, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const unowned = await sql.rows<{ id: string }>(
    'SELECT id FROM @grants g WHERE id = ANY($1) AND NOT EXISTS (SELECT 1 FROM @sessions WHERE grant_id = g.id)',
    ids,
  );
  if (unowned.length > 0)
    await eraseGrants(
      sql,
      unowned.map(({ id }) => id),
    );
}

/** Whose they were goes to the outbox. */
async function eraseGrants(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.run('DELETE FROM @grants WHERE id = ANY($1)', ids);
  await sql.run(ERASE_PEOPLE, ids);
}
