import type { Encryption } from '../encryption.ts';
import type { Grant } from '../grant.ts';
import { CLAIM_MS, DUE_WITHIN_MS, type GrantStore } from '../grants.ts';
import { openGrant, type SealedGrant, sealGrant } from '../sealed-grant.ts';
import type { StoreKey } from '../store-key.ts';
import type { Db, Row } from './database.ts';

/** @param hostClock milliseconds of a clock that all processes of this host share and that never steps */
export function sqliteGrants(
  db: Db,
  encryption: Encryption,
  { grantIdOf }: StoreKey,
  hostClock: () => number,
): GrantStore {
  return {
    grantIdOf,

    async readGrant(id) {
      const row = db.get('SELECT id, write_id, sealed, lease_until, lease_ms FROM grants WHERE id = ?', id);
      return row ? readGrantRow(row, encryption, hostClock()) : null;
    },

    readWriteId: async (id) => readWriteId(db, id),

    async writeGrant(id, writeId, change, leaseMs) {
      const next = sealGrant(id, change, encryption);
      const changed = db.run(
        `UPDATE grants SET write_id = ?, sealed = ?, due_at = ?, lease_until = ?, lease_ms = ?
         WHERE id = ? AND write_id = ?`,
        next.writeId,
        next.sealed,
        next.dueAt,
        leaseMs > 0 ? Math.floor(hostClock()) + leaseMs : 0,
        leaseMs,
        id,
        writeId,
      );
      return changed === 1 ? { ...change, id, writeId: next.writeId, leased: leaseMs > 0 } : null;
    },

    async claimDueGrants(issuer, now, limit) {
      return db.transaction(() => {
        const due = db.all(`${DUE} WHERE due_at <= ? ORDER BY due_at LIMIT ?) ${WHOSE}`, now, limit);
        // From a clock that was ahead.
        const ahead = db.all(
          `${DUE} WHERE due_at > ? ORDER BY due_at LIMIT ?) ${WHOSE}`,
          now + DUE_WITHIN_MS,
          limit - due.length,
        );
        return [...due, ...ahead].flatMap((row) => {
          const isOurs = row.issuer === issuer;
          if (isOurs && isLeased(row, hostClock())) return [];
          // Another issuer's get out of the way of those that somebody can attend to.
          const next = now + (isOurs ? CLAIM_MS : DUE_WITHIN_MS);
          db.run('UPDATE grants SET due_at = ? WHERE id = ?', next, String(row.id));
          return isOurs ? [String(row.id)] : [];
        });
      });
    },

    async eraseGrant(id) {
      db.transaction(() => {
        db.run('DELETE FROM sessions WHERE grant_id = ?', id);
        db.run('DELETE FROM grants WHERE id = ?', id);
      });
    },
  };
}

const DUE = 'SELECT g.id, g.lease_until, g.lease_ms, p.issuer FROM (SELECT * FROM grants';
const WHOSE = 'g LEFT JOIN people p ON p.id = g.id ORDER BY g.due_at';

export function readWriteId(db: Db, id: string): string | null {
  const row = db.get('SELECT write_id FROM grants WHERE id = ?', id);
  return row ? String(row.write_id) : null;
}

/** In place of whatever grant this person had; nobody has a lease on it. */
export function putGrant(db: Db, id: string, { writeId, sealed, dueAt }: SealedGrant): void {
  db.run(
    `INSERT INTO grants (id, write_id, sealed, due_at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
       write_id = excluded.write_id, sealed = excluded.sealed, due_at = excluded.due_at,
       lease_until = 0, lease_ms = 0`,
    id,
    writeId,
    sealed,
    dueAt,
  );
}

/** @param row with id, write_id, sealed, lease_until, lease_ms; null where it is a session's that has no grant */
export function readGrantRow(row: Row, encryption: Encryption, hostNow: number): Grant | null {
  if (typeof row.id !== 'string') return null;
  const content = openGrant(row.id, String(row.sealed), encryption);
  return { ...content, id: row.id, writeId: String(row.write_id), leased: isLeased(row, hostNow) };
}

/** The host's clock starts anew with the host: a lease that has longer to run than it was given is from before. */
function isLeased(row: Row, hostNow: number): boolean {
  const left = Number(row.lease_until) - Math.floor(hostNow);
  return left > 0 && left <= Number(row.lease_ms);
}
