import {
  CONNECTION_STATES,
  type ConnectionState,
  type ConnectionStore,
  keyTotals,
  SESSIONS_LISTED,
} from '../connections.ts';
import type { Encryption } from '../encryption.ts';
import type { Reader, Row } from './database.ts';
import { GRANT_COLUMNS, readGrantRow } from './grants.ts';

/** @param hostClock as in sqliteGrants */
export function sqliteConnections(
  db: Reader,
  encryption: Encryption,
  hostClock: () => number,
): ConnectionStore {
  const sessionsOf = (id: string, now: number) =>
    db
      .all<{ data: string; ends_at: number }>(
        'SELECT data, ends_at FROM sessions WHERE grant_id = ? AND idle_until > ? LIMIT ?',
        id,
        now,
        SESSIONS_LISTED,
      )
      .map(({ data, ends_at }) => ({ data, endsAt: ends_at }));

  return {
    async countConnections() {
      const rows = db.all<Count>('SELECT state, demo, key, n FROM connection_counts WHERE n > 0');
      const sum = (counts: Count[]) => counts.reduce((all, { n }) => all + n, 0);
      const open = db.get<{ n: number; since: number | null }>(
        'SELECT COUNT(*) AS n, MIN(open_since) AS since FROM grants WHERE open_since IS NOT NULL',
      );
      return {
        states: CONNECTION_STATES.map((state) => {
          const those = rows.filter((row) => row.state === state);
          return { state, all: sum(those), demo: sum(those.filter(({ demo }) => demo === 1)) };
        }),
        ...keyTotals(
          rows.map(({ key, n }) => [key, n]),
          encryption,
        ),
        open: open?.n ?? 0,
        openSince: open?.since ?? null,
      };
    },

    async listConnections(state, after, now, limit) {
      const all = `SELECT ${GRANT_COLUMNS}, g.state, g.demo, p.issuer
        FROM grants g LEFT JOIN people p ON p.id = g.id`;
      const rows =
        state === null
          ? db.all<Listed>(`${all} WHERE g.id > ? ORDER BY g.id LIMIT ?`, after ?? '', limit)
          : db.all<Listed>(
              `${all} WHERE g.state = ? AND g.id > ? ORDER BY g.id LIMIT ?`,
              state,
              after ?? '',
              limit,
            );
      return rows.map((row) => ({
        id: row.id,
        issuer: row.issuer,
        state: row.state,
        grant: () => readGrantRow(row, encryption, hostClock()),
        sessions: row.demo === 1 ? [] : sessionsOf(row.id, now),
      }));
    },

    readOwners: async (grantId, now) => sessionsOf(grantId, now).map(({ data }) => data),
  };
}

interface Count {
  state: ConnectionState;
  demo: 0 | 1;
  key: string;
  n: number;
}

interface Listed extends Row {
  id: string;
  issuer: string | null;
  state: ConnectionState;
  demo: 0 | 1;
}
