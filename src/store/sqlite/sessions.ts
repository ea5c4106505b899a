import { SPENT_KNOWN_MS } from '../attempts.ts';
import type { Encryption } from '../encryption.ts';
import { sealGrant } from '../sealed-grant.ts';
import {
  type BoundSession,
  ENDLESS_FROM_MS,
  type SessionStore,
  TOUCH_AT_LEAST_MS,
  VISIT_AT_LEAST_MS,
} from '../sessions.ts';
import type { Store } from '../store.ts';
import type { StoreKey } from '../store-key.ts';
import type { Db } from './database.ts';
import { LAPSED, remember, removeEndings } from './endings.ts';
import { GRANT_COLUMNS, putGrant, readGrantRow, readWriteId } from './grants.ts';
import { putPerson } from './outbox.ts';
import { removeTimezones } from './timezones.ts';

/** @param hostClock as in sqliteGrants */
export function sqliteSessions(
  db: Db,
  encryption: Encryption,
  { openPerson, sealPerson }: StoreKey,
  hostClock: () => number,
): SessionStore<BoundSession> {
  return {
    async readSession(key, now) {
      const row = db.get(
        `SELECT s.data, s.idle_until, s.ends_at, s.visited_at, s.bound, p.person, ${GRANT_COLUMNS}
         FROM sessions s LEFT JOIN grants g ON g.id = s.grant_id LEFT JOIN people p ON p.id = g.id
         WHERE s.key = ? AND s.idle_until > ?`,
        key,
        now,
      );
      if (!row) return null;
      const grantId = typeof row.id === 'string' ? row.id : null;
      return {
        data: String(row.data),
        grantId,
        grant: () => readGrantRow(row, encryption, hostClock()),
        person: grantId && typeof row.person === 'string' ? openPerson(grantId, row.person) : null,
        idleUntil: Number(row.idle_until),
        endsAt: Number(row.ends_at),
        visitedAt: typeof row.visited_at === 'number' ? row.visited_at : null,
        bound: String(row.bound),
      };
    },

    async updateSession(key, data) {
      return db.run('UPDATE sessions SET data = ? WHERE key = ?', data, key) === 1;
    },

    async touchSession(key, { at, idleUntil, isRemembered }) {
      db.run(
        `UPDATE sessions SET idle_until = MAX(idle_until, MIN(?2, ends_at)), visited_at = MAX(COALESCE(visited_at, ?3), ?3)
         WHERE key = ?1 AND idle_until > ?6 AND (idle_until < MIN(?2, ends_at) - ?4 OR COALESCE(visited_at, 0) < ?3 - ?5)`,
        key,
        idleUntil,
        isRemembered ? at : null,
        TOUCH_AT_LEAST_MS,
        VISIT_AT_LEAST_MS,
        at,
      );
    },

    async endSession(key) {
      db.transaction(() => endSession(db, key));
    },

    async signIn({ grant, session, replaces, attempt }) {
      const sealed = sealGrant(grant.id, grant.content, encryption);
      const person = sealPerson(grant.id, grant.content);
      return db.transaction(() => {
        if (readWriteId(db, grant.id) !== grant.expected) return false;
        putGrant(db, grant.id, sealed);
        putPerson(db, grant.id, grant.content.issuer, person);
        beginSession(db, session, grant.id, replaces);
        db.run(
          `INSERT INTO subscriptions (grant_id) VALUES (?) ON CONFLICT (grant_id) DO UPDATE SET due_at = 0`,
          grant.id,
        );
        if (attempt !== null) {
          const { id, answer, expiresAt } = attempt;
          db.run('INSERT OR REPLACE INTO attempts VALUES (?, ?, ?)', id, answer, expiresAt);
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

    async readLongestSession(grantId, now) {
      const row = db.get(
        `SELECT idle_until, ends_at FROM sessions WHERE grant_id = ? AND idle_until > ?
         ORDER BY idle_until DESC LIMIT 1`,
        grantId,
        now,
      );
      return row ? { idleUntil: Number(row.idle_until), endsAt: Number(row.ends_at) } : null;
    },

    readOtherSessions: async (key, now) => otherSessions(db, key, now).map(({ data }) => data),

    async endOtherSessions(key, now) {
      return db.transaction(() => {
        const others = otherSessions(db, key, now);
        for (const other of others) {
          remember(db, 'key', other.key, 'logged-out', now);
          endSession(db, other.key);
        }
        return others.map(({ data }) => data);
      });
    },
  };
}

function otherSessions(db: Db, key: string, now: number): { key: string; data: string }[] {
  return db.all(
    `SELECT key, data FROM sessions WHERE key <> ? AND idle_until > ? AND ends_at < ?
     AND grant_id = (SELECT grant_id FROM sessions WHERE key = ? AND idle_until > ?)`,
    key,
    now,
    now + ENDLESS_FROM_MS,
    key,
    now,
  );
}

/** The new one first: a grant must not lose its last owner on the way. */
function beginSession(db: Db, session: BoundSession, grantId: string, replaces: string | null): void {
  const { key, data, idleUntil, endsAt, bound, visitedAt = null } = session;
  const before = ownedBy(db, key);
  db.run(
    `INSERT INTO sessions (key, grant_id, data, idle_until, ends_at, bound, visited_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET grant_id = excluded.grant_id, data = excluded.data, idle_until = excluded.idle_until,
       ends_at = excluded.ends_at, bound = excluded.bound, visited_at = excluded.visited_at`,
    key,
    grantId,
    data,
    idleUntil,
    endsAt,
    bound,
    visitedAt,
  );
  eraseUnowned(db, before);
  if (replaces !== null && replaces !== key) endSession(db, replaces);
}

/** Within a transaction: the grant goes with the last session that owns it. */
function endSession(db: Db, key: string): void {
  const grantId = ownedBy(db, key);
  db.run('DELETE FROM sessions WHERE key = ?', key);
  eraseUnowned(db, grantId);
}

function ownedBy(db: Db, key: string): string | null {
  const row = db.get<{ grant_id: string | null }>('SELECT grant_id FROM sessions WHERE key = ?', key);
  return row?.grant_id ?? null;
}

function eraseUnowned(db: Db, id: string | null): void {
  db.run(
    'DELETE FROM grants WHERE id = ? AND NOT EXISTS (SELECT 1 FROM sessions WHERE grant_id = ?)',
    id,
    id,
  );
}

export function sqliteExpiry(db: Db, unsynced: Db): Pick<Store, 'removeExpired'> {
  let lastChecked = '';
  let lastZone = '';
  return {
    async removeExpired(now, limit) {
      return db.transaction(() => {
        const sessions = db.all('SELECT key FROM sessions WHERE idle_until <= ? LIMIT ?', now, limit);
        for (const { key } of sessions) {
          remember(db, 'key', String(key), LAPSED, now);
          endSession(db, String(key));
        }
        const attempts = [db, unsynced].map((each) => each.run(FORGET_ATTEMPTS, now - SPENT_KNOWN_MS, limit));
        const endings = removeEndings(db, now, limit);
        lastChecked = removeUnowned(db, lastChecked, limit);
        lastZone = removeTimezones(db, unsynced, lastZone, limit);
        return [sessions.length, endings, ...attempts].includes(limit);
      });
    },
  };
}

const FORGET_ATTEMPTS =
  'DELETE FROM attempts WHERE id IN (SELECT id FROM attempts WHERE expires_at <= ? LIMIT ?)';

/** Checks the next `limit` grants and removes those without a session. Returns where to go on; '' at the end. */
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
