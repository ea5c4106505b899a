import { randomBytes } from 'node:crypto';
import { type Db, openDatabase } from './database.ts';
import { type Grant, type GrantContent, readGrantContent, writeGrantContent } from './grant.ts';
import type { Sealer } from './sealing.ts';
import { sqliteAttempts } from './sqlite-attempts.ts';
import type { Store } from './store.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sessions (
    key TEXT PRIMARY KEY, grant_id TEXT, data TEXT NOT NULL,
    idle_until INTEGER NOT NULL, ends_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sessions_by_grant ON sessions (grant_id);
  CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (idle_until);
  CREATE TABLE IF NOT EXISTS grants (
    id TEXT PRIMARY KEY, write_id TEXT NOT NULL, sealed TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS attempts (
    state TEXT PRIMARY KEY, browser TEXT NOT NULL, demo INTEGER NOT NULL, return_to TEXT NOT NULL,
    expires_at INTEGER NOT NULL, answer TEXT, result TEXT
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS attempts_by_browser ON attempts (browser, expires_at);
  CREATE INDEX IF NOT EXISTS attempts_by_end ON attempts (expires_at);
`;

/** The embedded store: one SQLite file, safe for several processes of one host. */
export function openSqliteStore(file: string, sealer: Sealer): Store {
  const db = openDatabase(file, SCHEMA);

  return {
    ...sqliteAttempts(db),

    async readSession(key, now) {
      const row = db.get(
        `SELECT s.data, g.id, g.write_id, g.sealed FROM sessions s LEFT JOIN grants g ON g.id = s.grant_id
         WHERE s.key = ? AND s.idle_until > ? AND s.ends_at > ?`,
        key,
        now,
        now,
      );
      return row ? { data: String(row.data), grant: () => openGrant(row, sealer) } : null;
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

    async removeExpired(now) {
      db.transaction(() => {
        db.run('DELETE FROM sessions WHERE idle_until <= ? OR ends_at <= ?', now, now);
        db.run('DELETE FROM grants WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE grant_id = grants.id)');
        db.run('DELETE FROM attempts WHERE expires_at <= ?', now - HOUR);
      });
    },

    async readGrant(id) {
      const row = db.get('SELECT id, write_id, sealed FROM grants WHERE id = ?', id);
      return row ? openGrant(row, sealer) : null;
    },

    async readWriteId(id) {
      return readWriteId(db, id);
    },

    async writeGrant(id, writeId, change) {
      const next = sealGrant(id, change, sealer);
      const { changes } = db.run(
        'UPDATE grants SET write_id = ?, sealed = ? WHERE id = ? AND write_id = ?',
        next.writeId,
        next.sealed,
        id,
        writeId,
      );
      return changes === 1 ? { ...change, id, writeId: next.writeId } : null;
    },

    async eraseGrant(id) {
      db.transaction(() => {
        db.run('DELETE FROM sessions WHERE grant_id = ?', id);
        db.run('DELETE FROM grants WHERE id = ?', id);
      });
    },

    async signIn({ grant, session, replaces, attempt }) {
      const { writeId, sealed } = sealGrant(grant.id, grant.content, sealer);
      return db.transaction(() => {
        if (readWriteId(db, grant.id) !== grant.expected) return false;
        db.run(
          `INSERT INTO grants (id, write_id, sealed) VALUES (?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET write_id = excluded.write_id, sealed = excluded.sealed`,
          grant.id,
          writeId,
          sealed,
        );
        db.run(
          'INSERT INTO sessions (key, grant_id, data, idle_until, ends_at) VALUES (?, ?, ?, ?, ?)',
          session.key,
          grant.id,
          session.data,
          session.idleUntil,
          session.endsAt,
        );
        if (replaces !== null) endSession(db, replaces);
        db.run('UPDATE attempts SET result = ? WHERE state = ?', '{"kind":"connected"}', attempt);
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

function readWriteId(db: Db, id: string): string | null {
  const row = db.get('SELECT write_id FROM grants WHERE id = ?', id);
  return row ? String(row.write_id) : null;
}

function sealGrant(id: string, content: GrantContent, sealer: Sealer) {
  return {
    writeId: randomBytes(16).toString('base64url'),
    sealed: sealer.seal(writeGrantContent(content), `grant|${id}`),
  };
}

function openGrant(row: Record<string, unknown>, sealer: Sealer): Grant | null {
  if (typeof row.id !== 'string') return null; // a session without a grant
  const content = readGrantContent(sealer.open(String(row.sealed), `grant|${row.id}`));
  return { ...content, id: row.id, writeId: String(row.write_id) };
}
