import type { Issuer } from '../../withings/clouds.ts';
import type { Encryption } from '../encryption.ts';
import type { Grant } from '../grant.ts';
import { type Claim, DUE, type GrantStore, OLD, OTHERS_WAIT_MS } from '../grants.ts';
import { classOfSealed, openGrant, type SealedGrant, sealGrant } from '../sealed-grant.ts';
import type { StoreKey } from '../store-key.ts';
import type { Db, Row } from './database.ts';
import { remember } from './endings.ts';
import { isRestored, settleRestored } from './restored.ts';

/** @param hostClock milliseconds of a clock that all processes of this host share and that never steps */
export function sqliteGrants(
  db: Db,
  encryption: Encryption,
  { grantIdOf }: StoreKey,
  hostClock: () => number,
): GrantStore {
  /** Of those that are due by this column, and of those that are due later than anything is: from a clock that was ahead. */
  function claim(
    column: 'due_at' | 'renew_at',
    issuer: Issuer,
    now: number,
    limit: number,
    spans: Claim,
  ): string[] {
    const rowsWhere = (condition: string, at: number, most: number) =>
      db.all(
        `SELECT g.id, g.lease_until, g.lease_ms, p.issuer
         FROM (SELECT * FROM grants WHERE ${column} ${condition} ORDER BY ${column} LIMIT ?) g
         LEFT JOIN people p ON p.id = g.id ORDER BY g.${column}`,
        at,
        most,
      );
    return db.transaction(() => {
      const due = rowsWhere('<= ?', now, limit);
      const ahead = rowsWhere('> ?', now + spans.withinMs, limit - due.length);
      return [...due, ...ahead].flatMap((row) => {
        const isOurs = row.issuer === issuer;
        if (isOurs && isLeased(row, hostClock())) return [];
        // Another issuer's get out of the way of those that somebody can attend to.
        const next = now + (isOurs ? spans.claimMs : OTHERS_WAIT_MS);
        db.run(`UPDATE grants SET ${column} = ? WHERE id = ?`, next, String(row.id));
        return isOurs ? [String(row.id)] : [];
      });
    });
  }

  return {
    grantIdOf,

    async readGrant(id) {
      const row = db.get(`SELECT ${GRANT_COLUMNS} FROM grants g WHERE id = ?`, id);
      return row ? readGrantRow(row, encryption, hostClock()) : null;
    },

    readWriteId: async (id) => readWriteId(db, id),

    async writeGrant(id, writeId, change, leaseMs) {
      const next = sealGrant(id, change, encryption);
      const { restored = false } = change;
      // One statement, that nobody can be stopped in: a lock would be held for as long. But for what came back with a backup.
      const write = () =>
        db.run(
          `UPDATE grants SET write_id = ?, sealed = ?, due_at = ?, renew_at = ?, state = ?, demo = ?,
             open_since = MIN(?, COALESCE(open_since, ?)), lease_until = ?, lease_ms = ?
           WHERE id = ? AND write_id = ?`,
          next.writeId,
          next.sealed,
          next.dueAt,
          next.renewAt,
          next.state,
          Number(next.demo),
          next.openSince,
          next.openSince, // null: MIN is null as well, and nothing is open
          leaseMs > 0 ? Math.floor(hostClock()) + leaseMs : 0,
          leaseMs,
          id,
          writeId,
        ) === 1;
      const settle = () => {
        const isWritten = write();
        if (isWritten) settleRestored(db, id);
        return isWritten;
      };
      const isWritten = !restored && isRestored(db, id) ? db.transaction(settle) : write();
      return isWritten ? { ...change, id, writeId: next.writeId, leased: leaseMs > 0, restored } : null;
    },

    claimDueGrants: async (issuer, now, limit) => claim('due_at', issuer, now, limit, DUE),
    claimOldGrants: async (issuer, now, limit) => claim('renew_at', issuer, now, limit, OLD),

    async eraseGrant(id, now) {
      db.transaction(() => {
        remember(db, 'grant_id', id, 'disconnected', now);
        db.run('DELETE FROM sessions WHERE grant_id = ?', id);
        db.run('DELETE FROM grants WHERE id = ?', id);
      });
    },
  };
}

/** What readGrantRow reads of a grant `g`. */
export const GRANT_COLUMNS = `g.id, g.write_id, g.sealed, g.lease_until, g.lease_ms,
  EXISTS (SELECT 1 FROM restored WHERE grant_id = g.id) AS restored`;

export function readWriteId(db: Db, id: string): string | null {
  const row = db.get('SELECT write_id FROM grants WHERE id = ?', id);
  return row ? String(row.write_id) : null;
}

/** In place of whatever grant this person had; nobody has a lease on it. */
export function putGrant(db: Db, id: string, grant: SealedGrant): void {
  const { writeId, sealed, dueAt, renewAt, state, demo, openSince } = grant;
  settleRestored(db, id);
  db.run(
    `INSERT INTO grants (id, write_id, sealed, due_at, renew_at, state, demo, open_since)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
       write_id = excluded.write_id, sealed = excluded.sealed, due_at = excluded.due_at, renew_at = excluded.renew_at,
       state = excluded.state, demo = excluded.demo, open_since = excluded.open_since, lease_until = 0, lease_ms = 0`,
    id,
    writeId,
    sealed,
    dueAt,
    renewAt,
    state,
    Number(demo),
    openSince,
  );
}

/** These follow from what is sealed. */
export function classColumns({ id, sealed }: { id: string; sealed: string }, encryption: Encryption) {
  const { state, demo, openSince } = classOfSealed(id, sealed, encryption);
  return { state, demo: Number(demo), open_since: openSince };
}

/** @param row with GRANT_COLUMNS; null where it is a session's that has no grant */
export function readGrantRow(row: Row, encryption: Encryption, hostNow: number): Grant | null {
  if (typeof row.id !== 'string') return null;
  const content = openGrant(row.id, String(row.sealed), encryption);
  const beside = {
    writeId: String(row.write_id),
    leased: isLeased(row, hostNow),
    restored: row.restored === 1,
  };
  return { ...content, id: row.id, ...beside };
}

/** The host's clock starts anew with the host: a lease that has longer to run than it was given is from before. */
function isLeased(row: Row, hostNow: number): boolean {
  const left = Number(row.lease_until) - Math.floor(hostNow);
  return left > 0 && left <= Number(row.lease_ms);
}
