import { randomBytes } from 'node:crypto';
import type { Encryption } from '../encryption.ts';
import { dueAt, type Grant, type GrantContent, readGrantContent, writeGrantContent } from '../grant.ts';
import { CLAIM_MS, type NewSession, type Store } from '../store.ts';
import { sqliteAttempts } from './attempts.ts';
import { type Db, openDatabase, type Row } from './database.ts';
import { MOVED_SCHEMA, readMove } from './moved.ts';
import { RATE_LIMIT_SCHEMA, sqliteRateLimit } from './rate-limit.ts';
import { SUBSCRIPTIONS_SCHEMA, sqliteSubscriptions } from './subscriptions.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sessions (
    key TEXT PRIMARY KEY, grant_id TEXT, data TEXT NOT NULL,
    idle_until INTEGER NOT NULL, ends_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sessions_by_grant ON sessions (grant_id);
  CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (idle_until);
  CREATE TABLE IF NOT EXISTS grants (
    id TEXT PRIMARY KEY, write_id TEXT NOT NULL, sealed TEXT NOT NULL,
    attend_at INTEGER, lease_until INTEGER NOT NULL DEFAULT 0, lease_ms INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS grants_to_attend ON grants (attend_at) WHERE attend_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS attempts (
    state TEXT PRIMARY KEY, browser TEXT NOT NULL, demo INTEGER NOT NULL, return_to TEXT NOT NULL,
    expires_at INTEGER NOT NULL, answer TEXT, result TEXT
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS attempts_by_browser ON attempts (browser, expires_at);
  CREATE INDEX IF NOT EXISTS attempts_by_end ON attempts (expires_at);
`;

export const SQLITE_SCHEMA = SCHEMA + SUBSCRIPTIONS_SCHEMA + RATE_LIMIT_SCHEMA + MOVED_SCHEMA;

/**
 * The embedded store: one SQLite file, safe for several processes of one host.
 *
 * @param hostClock milliseconds of a clock that all processes of this host share and that never steps
 * @throws Error with words for the operator when what it held has moved to Redis
 */
export function openSqliteStore(file: string, encryption: Encryption, hostClock: () => number): Store {
  const db = openDatabase(file, SQLITE_SCHEMA);
  refuseMoved(db, file);
  let lastChecked = '';
  const openGrant = (row: Row) => readGrantRow(row, encryption, Math.floor(hostClock()));

  return {
    ...sqliteAttempts(db),
    ...sqliteSubscriptions(db),
    ...sqliteRateLimit(db, hostClock),
    pubsub: null,

    async readSession(key, now) {
      const row = db.get(
        `SELECT s.data, g.id, g.write_id, g.sealed, g.lease_until, g.lease_ms
         FROM sessions s LEFT JOIN grants g ON g.id = s.grant_id
         WHERE s.key = ? AND s.idle_until > ?`,
        key,
        now,
      );
      if (!row) return null;
      const grantId = typeof row.id === 'string' ? row.id : null;
      return { data: String(row.data), grantId, grant: () => openGrant(row) };
    },

    async updateSession(key, data) {
      return db.run('UPDATE sessions SET data = ? WHERE key = ?', data, key).changes === 1;
    },

    async touchSession(key, idleUntil) {
      db.run(
        'UPDATE sessions SET idle_until = MIN(?, ends_at) WHERE key = ? AND idle_until < MIN(?, ends_at) - 60000',
        idleUntil,
        key,
        idleUntil,
      );
    },

    async endSession(key) {
      db.transaction(() => endSession(db, key));
    },

    async removeExpired(now, limit) {
      return db.transaction(() => {
        const sessions = db.all('SELECT key FROM sessions WHERE idle_until <= ? LIMIT ?', now, limit);
        for (const { key } of sessions) endSession(db, String(key));
        const attempts = db.run(
          'DELETE FROM attempts WHERE state IN (SELECT state FROM attempts WHERE expires_at <= ? LIMIT ?)',
          now - HOUR,
          limit,
        );
        lastChecked = removeUnowned(db, lastChecked, limit);
        return sessions.length === limit || attempts.changes === limit;
      });
    },

    async claimDueGrants(now, limit) {
      return db.transaction(() => {
        const rows = db.all(
          `SELECT id, lease_until, lease_ms FROM grants
           WHERE attend_at <= ? OR attend_at > ? ORDER BY attend_at LIMIT ?`,
          now,
          now + HOUR, // written by a clock that was far ahead
          limit,
        );
        const free = rows.filter((row) => !isLeased(row, hostClock())).map(({ id }) => String(id));
        for (const id of free) db.run('UPDATE grants SET attend_at = ? WHERE id = ?', now + CLAIM_MS, id);
        return free;
      });
    },

    async readGrant(id) {
      const row = db.get('SELECT * FROM grants WHERE id = ?', id);
      return row ? openGrant(row) : null;
    },

    async readWriteId(id) {
      return readWriteId(db, id);
    },

    async writeGrant(id, writeId, change, leaseMs) {
      const next = sealGrant(id, change, encryption);
      const { changes } = db.run(
        `UPDATE grants SET write_id = ?, sealed = ?, attend_at = ?, lease_until = ?, lease_ms = ?
         WHERE id = ? AND write_id = ?`,
        next.writeId,
        next.sealed,
        dueAt(change),
        leaseMs === 0 ? 0 : Math.floor(hostClock()) + leaseMs,
        leaseMs,
        id,
        writeId,
      );
      return changes === 1 ? { ...change, id, writeId: next.writeId, leased: leaseMs > 0 } : null;
    },

    async eraseGrant(id) {
      db.transaction(() => {
        db.run('DELETE FROM sessions WHERE grant_id = ?', id);
        db.run('DELETE FROM grants WHERE id = ?', id);
      });
    },

    async signIn({ grant, session, replaces, attempt }) {
      const { writeId, sealed } = sealGrant(grant.id, grant.content, encryption);
      return db.transaction(() => {
        if (readWriteId(db, grant.id) !== grant.expected) return false;
        db.run(
          `INSERT INTO grants (id, write_id, sealed) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET
             write_id = excluded.write_id, sealed = excluded.sealed, attend_at = NULL, lease_until = 0, lease_ms = 0`,
          grant.id,
          writeId,
          sealed,
        );
        beginSession(db, session, grant.id, replaces);
        db.run('UPDATE subscriptions SET due_at = 0 WHERE grant_id = ?', grant.id);
        if (attempt !== null) {
          db.run('UPDATE attempts SET result = ? WHERE state = ?', '{"kind":"connected"}', attempt);
        }
        return true;
      });
    },

    async beginSession(grantId, session) {
      return db.transaction(() => {
        if (readWriteId(db, grantId) === null) return false;
        beginSession(db, session, grantId, null);
        return true;
      });
    },

    async transferSession(key, now, session, replaces) {
      return db.transaction(() => {
        const from = db.get('SELECT grant_id FROM sessions WHERE key = ? AND idle_until > ?', key, now);
        if (typeof from?.grant_id !== 'string') return false;
        beginSession(db, session, from.grant_id, replaces);
        endSession(db, key);
        return true;
      });
    },

    async ping() {
      db.get('SELECT 1 FROM grants LIMIT 1');
    },

    close: () => db.close(),
  };
}

const HOUR = 3_600_000;

/** Its refresh tokens have been replaced in Redis since: whoever went on with them here would lose them there. */
function refuseMoved(db: Db, file: string): void {
  const at = readMove(db)?.at ?? null;
  if (at === null) return;
  db.close();
  const day = new Date(at).toISOString().slice(0, 10);
  throw new Error(`What ${file} held was moved to Redis on ${day}: set REDIS_URL, or another DATA_DIR.`);
}

/** The new one first: a grant must not lose its last owner on the way. */
function beginSession(db: Db, session: NewSession, grantId: string, replaces: string | null): void {
  const { key, data, idleUntil, endsAt } = session;
  db.run(
    `INSERT INTO sessions (key, grant_id, data, idle_until, ends_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET grant_id = excluded.grant_id, data = excluded.data,
       idle_until = excluded.idle_until, ends_at = excluded.ends_at`,
    key,
    grantId,
    data,
    idleUntil,
    endsAt,
  );
  if (replaces !== null) endSession(db, replaces);
}

function endSession(db: Db, key: string): void {
  const row = db.get('SELECT grant_id FROM sessions WHERE key = ?', key);
  db.run('DELETE FROM sessions WHERE key = ?', key);
  if (typeof row?.grant_id !== 'string') return;
  db.run(
    'DELETE FROM grants WHERE id = ? AND NOT EXISTS (SELECT 1 FROM sessions WHERE grant_id = ?)',
    row.grant_id,
    row.grant_id,
  );
}

/** Looks at the next `limit` grants and removes those without a session. Returns where to go on; '' at the end. */
function removeUnowned(db: Db, after: string, limit: number): string {
  const grants = db.all(
    `SELECT id, EXISTS (SELECT 1 FROM sessions WHERE grant_id = grants.id) AS owned
     FROM grants WHERE id > ? ORDER BY id LIMIT ?`,
    after,
    limit,
  );
  for (const { id, owned } of grants) if (owned === 0) db.run('DELETE FROM grants WHERE id = ?', String(id));
  return grants.length === limit ? String(grants.at(-1)?.id) : '';
}

function readWriteId(db: Db, id: string): string | null {
  const row = db.get('SELECT write_id FROM grants WHERE id = ?', id);
  return row ? String(row.write_id) : null;
}

function sealGrant(id: string, content: GrantContent, encryption: Encryption) {
  return {
    writeId: randomBytes(16).toString('base64url'),
    sealed: encryption.seal(writeGrantContent(content), `grant|${id}`),
  };
}

function readGrantRow(row: Row, encryption: Encryption, hostNow: number): Grant | null {
  if (typeof row.id !== 'string') return null; // a session without a grant
  const content = readGrantContent(encryption.open(String(row.sealed), `grant|${row.id}`));
  return { ...content, id: row.id, writeId: String(row.write_id), leased: isLeased(row, hostNow) };
}

/** The host's clock starts anew with the host: a lease that has longer to run than it was given is from before. */
function isLeased(row: Row, hostNow: number): boolean {
  const left = Number(row.lease_until) - hostNow;
  return left > 0 && left <= Number(row.lease_ms);
}
