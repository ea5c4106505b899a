import type { Db } from './database.ts';

const TABLES = ['grants', 'sessions', 'attempts', 'subscriptions', 'rate_limit'];

/** That this store began to move to Redis, under which id, and when it had arrived; null: it never began. */
export function readMove(db: Db): { id: string; at: number | null } | null {
  const row = db.get('SELECT id, at FROM moved');
  return row ? { id: String(row.id), at: row.at === null ? null : Number(row.at) } : null;
}

/** Names this file for all moves of it, unless it has a name. */
export function nameMove(db: Db, id: string): void {
  db.run('INSERT INTO moved (id) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM moved)', id);
}

/**
 * Marks the file as moved, for those who open it from now on, and closes it to every write, for those who have it
 * open: they may not go on refreshing what is now refreshed from Redis. They keep no place in the line of calls either.
 * Within a transaction of the caller's.
 */
export function closeMoved(db: Db, at: number): void {
  db.run('UPDATE moved SET at = ?', at);
  for (const table of TABLES) {
    for (const change of ['INSERT', 'UPDATE', 'DELETE']) {
      db.run(
        `CREATE TRIGGER moved_${table}_${change} BEFORE ${change} ON ${table}
         BEGIN SELECT RAISE(ABORT, 'moved to Redis'); END`,
      );
    }
  }
}
