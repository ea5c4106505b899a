import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Db, Row } from '../sqlite/database.ts';
import { closeMoved, nameMove, readMove } from '../sqlite/moved.ts';
import { openStoreFile } from '../sqlite/schema.ts';

/** The embedded store that is moved; never all of it is read at once. Times are milliseconds since 1970. */
export interface Source {
  /** When it had arrived; null: it has not. */
  movedAt(): number | null;
  /** The name of this file in all moves of it; null before the first. */
  id(): string | null;
  /** Some grants, one for each secret that sealed any of the first thousand. */
  samples(): { id: string; sealed: string }[];
  /**
   * From now until `finish` or `close` nobody else writes to this file: no token is replaced behind our back.
   *
   * @throws Error, code `SQLITE_BUSY`, when somebody else is writing for longer than a moment
   */
  lock(): void;
  count(now: number): Amounts;
  /** Every live session with its grant. A grant that no live session owns is over, as its sessions are. */
  sessions(now: number, limit: number): Generator<Row[]>;
  /** Attempts that end after this moment. */
  attempts(after: number, limit: number): Generator<Row[]>;
  /** Closes the file for good, durably. */
  finish(at: number): void;
  /** Lets go of it; what was not finished has not happened. */
  close(): void;
}

export interface Amounts {
  sessions: number;
  grants: number;
  attempts: number;
}

/** Leases stay: they run by another clock, and whoever had one can write neither here nor there. */
const COLUMNS = `s.key, s.data, s.idle_until, s.ends_at, g.id, g.write_id, g.sealed, g.due_at AS grant_due_at,
  n.state AS subscriptions, n.due_at, n.news_at`;
/** In the order of the keys, which the pages need: hence CROSS, and the + that keeps another index out. */
const SESSIONS = `
  FROM sessions s CROSS JOIN grants g ON g.id = s.grant_id LEFT JOIN subscriptions n ON n.grant_id = g.id
  WHERE s.key > ? AND +s.idle_until > ?`;
const ATTEMPTS = 'FROM attempts WHERE state > ? AND +expires_at > ?';

/** @throws Error with words for the operator when there is none */
export function openSource(file: string): Source {
  if (!existsSync(file)) {
    throw new Error(`There is no store at ${file}: are DATA_DIR and the Withings credentials those it had?`);
  }
  const db = openStoreFile(file);
  let isLocked = false;

  return {
    movedAt: () => readMove(db)?.at ?? null,
    id: () => readMove(db)?.id ?? null,
    samples: () =>
      db
        .all(
          `SELECT id, sealed FROM (SELECT id, sealed FROM grants LIMIT 1000)
           GROUP BY substr(sealed, 1, instr(sealed, '.'))`,
        )
        .map(({ id, sealed }) => ({ id: String(id), sealed: String(sealed) })),

    lock() {
      // Named before the lock, and for itself: a name that a kill takes back would be a stranger's in Redis.
      nameMove(db, randomBytes(12).toString('base64url'));
      db.run('BEGIN IMMEDIATE');
      isLocked = true;
    },

    count(now) {
      const live = db.get(`SELECT COUNT(*) AS n, COUNT(DISTINCT g.id) AS grants ${SESSIONS}`, '', now);
      const attempts = db.get(`SELECT COUNT(*) AS n ${ATTEMPTS}`, '', now);
      return { sessions: Number(live?.n), grants: Number(live?.grants), attempts: Number(attempts?.n) };
    },

    sessions: (now, limit) =>
      pages(db, `SELECT ${COLUMNS} ${SESSIONS} ORDER BY s.key LIMIT ?`, 'key', now, limit),
    attempts: (after, limit) =>
      pages(db, `SELECT * ${ATTEMPTS} ORDER BY state LIMIT ?`, 'state', after, limit),

    finish(at) {
      closeMoved(db, at);
      db.run('COMMIT');
      isLocked = false;
    },

    close() {
      if (isLocked) db.run('ROLLBACK');
      db.close();
    },
  };
}

function* pages(db: Db, sql: string, key: string, after: number, limit: number): Generator<Row[]> {
  let last = '';
  for (;;) {
    const rows = db.all(sql, last, after, limit);
    if (rows.length > 0) yield rows;
    if (rows.length < limit) return;
    last = String(rows.at(-1)?.[key]);
  }
}
