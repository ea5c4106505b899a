import type { RestoredStore } from '../restored.ts';
import type { Db } from './database.ts';

export function sqliteRestored(db: Db): RestoredStore {
  return {
    heldSince: async () => heldSince(db),
    async listRestored(issuer, after, limit) {
      return db
        .all<{ grant_id: string }>(
          `SELECT r.grant_id FROM restored r JOIN people p ON p.id = r.grant_id
           WHERE r.grant_id > ? AND p.issuer = ? ORDER BY r.grant_id LIMIT ?`,
          after,
          issuer,
          limit,
        )
        .map(({ grant_id }) => grant_id);
    },
  };
}

export function heldSince(db: Pick<Db, 'get'>): number | null {
  const row = db.get<{ value: string }>("SELECT value FROM meta WHERE name = 'held_since'");
  return row ? Number(row.value) : null;
}

/** See RestorableStore. */
export function hold(db: Db, at: number): number {
  return db.transaction(() => {
    db.run("INSERT OR REPLACE INTO meta VALUES ('held_since', ?)", String(at));
    db.run('INSERT OR IGNORE INTO restored SELECT id FROM grants');
    return countRestored(db);
  });
}

/** See RestorableStore. */
export function release(db: Db): number {
  return db.transaction(() => {
    db.run("DELETE FROM meta WHERE name = 'held_since'");
    return countRestored(db);
  });
}

export function isRestored(db: Db, grantId: string): boolean {
  return db.get('SELECT 1 FROM restored WHERE grant_id = ?', grantId) !== undefined;
}

/** Withings has given it tokens, or refused them for good; or there is a new consent. */
export function settleRestored(db: Db, grantId: string): void {
  db.run('DELETE FROM restored WHERE grant_id = ?', grantId);
}

function countRestored(db: Db): number {
  return Number(db.get<{ n: number }>('SELECT COUNT(*) AS n FROM restored')?.n);
}
