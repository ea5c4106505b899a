import { MAX_REVOCATION_LEASE_MS, type OutboxStore, type Revocation } from '../outbox.ts';
import type { StoreKey } from '../store-key.ts';
import type { Db, Row } from './database.ts';
import { settleEndings } from './endings.ts';
import { forgetTimezone } from './timezones.ts';

/** @param unsynced has what is known of a person beside the grant, which goes now that the grant is gone */
export function sqliteOutbox(db: Db, unsynced: Db, { openPerson }: StoreKey): OutboxStore {
  /** Within a transaction. */
  function claim({ id, person, since, tries }: Row, now: number, leaseMs: number): Revocation {
    const [name, first, count] = [String(id), Number(since) || now, Number(tries) + 1];
    const until = now + leaseMs;
    forgetTimezone(unsynced, name);
    db.run(
      'UPDATE people SET since = ?, tries = ?, due_at = ?, sending_until = ? WHERE id = ?',
      first,
      count,
      until,
      until,
      name,
    );
    return { id: name, person: openPerson(name, String(person)), since: first, tries: count };
  }

  return {
    async claimRevocations(issuer, now, leaseMs, limit) {
      return db.transaction(() =>
        db
          .all(
            'SELECT * FROM people WHERE due_at <= ? AND issuer = ? ORDER BY due_at LIMIT ?',
            now,
            issuer,
            limit,
          )
          .map((row) => claim(row, now, leaseMs)),
      );
    },

    async claimRevocation(id, now, leaseMs) {
      return db.transaction(() => {
        const row = db.get(
          `SELECT * FROM people WHERE id = ? AND due_at IS NOT NULL
           AND (sending_until <= ? OR sending_until > ?)`,
          id,
          now,
          now + MAX_REVOCATION_LEASE_MS,
        );
        return row ? claim(row, now, leaseMs) : null;
      });
    },

    async settleRevocation(id, settled) {
      if (typeof settled === 'object') {
        const again = 'UPDATE people SET due_at = ?, sending_until = 0 WHERE id = ? AND due_at IS NOT NULL';
        return void db.run(again, settled.dueAt, id);
      }
      db.transaction(() => {
        const gone = db.run('DELETE FROM people WHERE id = ? AND due_at IS NOT NULL', id);
        if (gone === 1) settleEndings(db, id, settled);
      });
    },

    async revocationsUnderWay(now) {
      return db
        .all(
          'SELECT id FROM people WHERE due_at > ? AND sending_until = due_at AND sending_until <= ?',
          now,
          now + MAX_REVOCATION_LEASE_MS,
        )
        .map(({ id }) => String(id));
    },
  };
}

/** Within a transaction: they are connected, and nothing is to be given back. */
export function putPerson(db: Db, id: string, issuer: string, person: string): void {
  db.run('INSERT OR REPLACE INTO people (id, issuer, person) VALUES (?, ?, ?)', id, issuer, person);
}
