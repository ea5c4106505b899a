import {
  CONNECTION_STATES,
  type ConnectionState,
  type ConnectionStore,
  keyTotals,
  SESSIONS_LISTED,
} from '../connections.ts';
import { BATCH } from '../copy/contract.ts';
import type { Encryption } from '../encryption.ts';
import { classOfSealed } from '../sealed-grant.ts';
import type { Sql } from './client.ts';
import { type GrantRow, keyOf, leasedBy, RESTORED, readGrantRow } from './grants.ts';
import type { PostgresParts } from './store.ts';

export function postgresConnections({
  db,
  encryption,
  clock,
}: Pick<PostgresParts, 'db' | 'encryption' | 'clock'>): ConnectionStore {
  return {
    async countConnections() {
      const rows = await db.rows<Count>(
        'SELECT state, demo, key, count(*) AS n FROM @connections GROUP BY state, demo, key',
      );
      const [open] = await db.rows<{ n: number; since: number | null }>(
        'SELECT count(*) AS n, min(open_since) AS since FROM @connections WHERE open_since IS NOT NULL',
      );
      const sum = (counts: Count[]) => counts.reduce((all, { n }) => all + Number(n), 0);
      return {
        states: CONNECTION_STATES.map((state) => {
          const those = rows.filter((row) => row.state === state);
          return { state, all: sum(those), demo: sum(those.filter(({ demo }) => demo)) };
        }),
        ...keyTotals(
          rows.map(({ key, n }) => [key, n]),
          encryption,
        ),
        open: Number(open?.n ?? 0),
        openSince: open?.since ?? null,
      };
    },

    async listConnections(state, after, now, limit) {
      const asked = [after ?? '', clock(), limit] as const;
      const rows =
        state === null
          ? await db.rows<Listed>(`${LIST} WHERE c.grant_id > $1 ORDER BY c.grant_id LIMIT $3`, ...asked)
          : await db.rows<Listed>(
              `${LIST} WHERE c.state = $4 AND c.grant_id > $1 ORDER BY c.grant_id LIMIT $3`,
              ...asked,
              state,
            );
      const owned = rows.filter(({ demo }) => !demo).map(({ id }) => id);
      const sessions = await db.rows<{ grant_id: string; data: string; ends_at: number }>(
        SESSIONS_OF,
        ...[owned, now, SESSIONS_LISTED],
      );
      return rows.map((row) => ({
        id: row.id,
        issuer: row.issuer,
        state: row.state,
        grant: () => readGrantRow(row, encryption),
        sessions: sessions
          .filter(({ grant_id }) => grant_id === row.id)
          .map(({ data, ends_at }) => ({ data, endsAt: ends_at })),
      }));
    },

    async readOwners(grantId, now) {
      const sessions = await db.rows<{ data: string }>(
        'SELECT data FROM @sessions WHERE grant_id = $1 AND idle_until > $2 LIMIT $3',
        ...[grantId, now, SESSIONS_LISTED],
      );
      return sessions.map(({ data }) => data);
    },
  };
}

/** Takes up what an older version, an instance of one, or a copy has written, a few hundred at a time. */
export async function classifyAll(db: Sql, encryption: Encryption): Promise<void> {
  for (;;) {
    const found = await db.rows<{ id: string; write_id: string; sealed: string }>(UNCLASSIFIED, BATCH);
    if (found.length === 0) return;
    for (const { id, write_id, sealed } of found) {
      const { state, demo, openSince } = classOfSealed(id, sealed, encryption);
      await db.run(CLASSIFY, id, write_id, state, demo, keyOf(sealed), openSince);
    }
  }
}

interface Count {
  state: ConnectionState;
  demo: boolean;
  key: string;
  n: number;
}

interface Listed extends GrantRow {
  issuer: string | null;
  state: ConnectionState;
  demo: boolean;
}

/** $2 is the clock. */
const LIST = `SELECT g.id, g.write_id, g.sealed, ${leasedBy(2)} AS leased, ${RESTORED} AS restored, c.state, c.demo, p.issuer
  FROM @connections c JOIN @grants g ON g.id = c.grant_id LEFT JOIN @people p ON p.id = c.grant_id`;

/** Grants, the time, how many of each. */
const SESSIONS_OF = `SELECT grant_id, data, ends_at FROM (
    SELECT grant_id, data, ends_at, row_number() OVER (PARTITION BY grant_id) AS n FROM @sessions
    WHERE grant_id = ANY($1) AND idle_until > $2
  ) of_each WHERE n <= $3`;

const UNCLASSIFIED = `SELECT id, write_id, sealed FROM @grants g
  WHERE NOT EXISTS (SELECT 1 FROM @connections c WHERE c.grant_id = g.id) LIMIT $1`;

/** Unless somebody has written the grant meanwhile. */
const CLASSIFY = `INSERT INTO @connections (grant_id, state, demo, key, open_since)
  SELECT id, $3::text, $4::boolean, $5::text, $6::bigint FROM @grants WHERE id = $1 AND write_id = $2 ON CONFLICT DO NOTHING`;
