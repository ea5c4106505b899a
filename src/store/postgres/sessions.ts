import { writeAttemptResult } from '../attempts.ts';
import { sealGrant } from '../sealed-grant.ts';
import {
  type BoundSession,
  ENDLESS_FROM_MS,
  type SessionStore,
  TOUCH_AT_LEAST_MS,
  VISIT_AT_LEAST_MS,
} from '../sessions.ts';
import type { StoreKey } from '../store-key.ts';
import type { Sql } from './client.ts';
import { remember } from './endings.ts';
import {
  eraseUnowned,
  type GrantRow,
  leasedBy,
  lockGrants,
  putGrant,
  RESTORED,
  readGrantRow,
} from './grants.ts';
import { putPerson } from './outbox.ts';
import type { PostgresParts } from './store.ts';

export function postgresSessions(
  { db, encryption, clock, announce }: PostgresParts,
  { openPerson, sealPerson }: StoreKey,
): SessionStore<BoundSession> {
  return {
    async readSession(key, now) {
      const [row] = await db.rows<SessionRow>(READ_SESSION, key, now, clock());
      if (!row) return null;
      const { id, person, grant_id } = row;
      return {
        data: row.data,
        grantId: id && grant_id,
        grant: () => (id === null ? null : readGrantRow({ ...row, id }, encryption)),
        person: id !== null && person !== null ? openPerson(id, person) : null,
        idleUntil: row.idle_until,
        endsAt: row.ends_at,
        visitedAt: row.visited_at,
        bound: row.bound,
      };
    },

    updateSession: async (key, data) =>
      (await db.run('UPDATE @sessions SET data = $2 WHERE key = $1', key, data)) === 1,

    async touchSession(key, { at, idleUntil, isRemembered }) {
      const visitedAt = isRemembered ? at : null;
      await db.run(TOUCH_SESSION, key, idleUntil, visitedAt, TOUCH_AT_LEAST_MS, VISIT_AT_LEAST_MS, at);
    },

    async endSession(key) {
      const ended = await db.transaction((sql) => endSessions(sql, [key]));
      for (const id of ended) announce(id);
    },

    async signIn({ grant, session, replaces, attempt }) {
      const sealed = sealGrant(grant.id, grant.content, encryption);
      const person = sealPerson(grant.id, grant.content);
      const changed = await db.transaction(async (sql) => {
        if (!(await putGrant(sql, grant.id, grant.expected, sealed))) return [];
        await putPerson(sql, grant.id, grant.content.issuer, person);
        const others = await beginSession(sql, session, grant.id, replaces);
        await sql.run(
          'INSERT INTO @subscriptions (grant_id) VALUES ($1) ON CONFLICT (grant_id) DO UPDATE SET due_at = 0',
          grant.id,
        );
        if (attempt !== null) {
          const { id, answer, expiresAt } = attempt;
          const result = writeAttemptResult({ kind: 'connected' });
          await sql.run(FINISHED, id, answer, result, expiresAt);
        }
        return [grant.id, ...others];
      });
      for (const id of changed) announce(id);
      return changed.length > 0;
    },

    async beginSession(grantId, session) {
      return db.transaction(async (sql) => {
        const there = await sql.rows('SELECT 1 FROM @grants WHERE id = $1 FOR KEY SHARE', grantId);
        if (there.length === 0) return false;
        await beginSession(sql, session, grantId, null);
        return true;
      });
    },

    async transferSession(key, now, session, replaces) {
      return db.transaction(async (sql) => {
        const [from] = await sql.rows<{ grant_id: string }>(
          `SELECT grant_id FROM @sessions s JOIN @grants g ON g.id = s.grant_id
           WHERE key = $1 AND idle_until > $2 FOR KEY SHARE OF g`,
          ...[key, now],
        );
        if (!from) return false;
        const ended = await sql.run('DELETE FROM @sessions WHERE key = $1', key);
        if (ended === 0) return false; // by somebody who asked for the same
        await beginSession(sql, session, from.grant_id, replaces);
        return true;
      });
    },

    async readLongestSession(grantId, now) {
      const [row] = await db.rows<{ idle_until: number; ends_at: number }>(
        `SELECT idle_until, ends_at FROM @sessions WHERE grant_id = $1 AND idle_until > $2
         ORDER BY idle_until DESC LIMIT 1`,
        ...[grantId, now],
      );
      return row ? { idleUntil: row.idle_until, endsAt: row.ends_at } : null;
    },

    async readOtherSessions(key, now) {
      const others = await db.rows<{ data: string }>(OTHER_SESSIONS, key, now, now + ENDLESS_FROM_MS);
      return others.map(({ data }) => data);
    },

    async endOtherSessions(key, now) {
      const others = await db.transaction(async (sql) => {
        const found = await sql.rows<{ key: string; data: string; grant_id: string }>(
          OTHER_SESSIONS,
          ...[key, now, now + ENDLESS_FROM_MS],
        );
        const keys = found.map((each) => each.key);
        await remember(sql, 'key', keys, 'logged-out', now);
        await endSessions(sql, keys);
        return found;
      });
      const [one] = others;
      if (one) announce(one.grant_id);
      return others.map(({ data }) => data);
    },
  };
}

interface SessionRow extends Omit<GrantRow, 'id'> {
  data: string;
  grant_id: string;
  idle_until: number;
  ends_at: number;
  visited_at: number | null;
  bound: string;
  id: string | null;
  person: string | null;
}

/** key, now, clock. */
const READ_SESSION = `
SELECT s.data, s.grant_id, s.idle_until, s.ends_at, s.visited_at, s.bound, g.id, g.write_id, g.sealed, p.person,
  coalesce(${leasedBy(3)}, false) AS leased, ${RESTORED} AS restored
FROM @sessions s LEFT JOIN @grants g ON g.id = s.grant_id LEFT JOIN @people p ON p.id = g.id
WHERE s.key = $1 AND s.idle_until > $2`;

/** key, idle limit, visited at, the least by which each moves. */
const TOUCH_SESSION = `
UPDATE @sessions SET idle_until = greatest(idle_until, least($2, ends_at)), visited_at = greatest(visited_at, $3)
WHERE key = $1 AND idle_until > $6 AND (idle_until < least($2, ends_at) - $4 OR coalesce(visited_at, 0) < $3::bigint - $5)`;

/** key, now, from when on an end is none. */
const OTHER_SESSIONS = `
SELECT other.key, other.data, other.grant_id FROM @sessions own JOIN @sessions other USING (grant_id)
WHERE own.key = $1 AND own.idle_until > $2 AND other.key <> $1 AND other.idle_until > $2 AND other.ends_at < $3`;

const FINISHED = `
INSERT INTO @attempts (id, answer, result, expires_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET answer = excluded.answer, result = excluded.result`;

/**
 * Within a transaction. The new one first: a grant must not lose its last owner on the way.
 *
 * @returns ids of other grants that something of theirs ended of
 */
async function beginSession(
  sql: Sql,
  { key, data, idleUntil, endsAt, bound, visitedAt = null }: BoundSession,
  grantId: string,
  replaces: string | null,
): Promise<string[]> {
  const [before] = await sql.rows<{ grant_id: string }>(
    'SELECT grant_id FROM @sessions WHERE key = $1 FOR UPDATE',
    key,
  );
  await sql.run(
    `INSERT INTO @sessions (key, grant_id, data, idle_until, ends_at, bound, visited_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key) DO UPDATE SET grant_id = excluded.grant_id,
       data = excluded.data, idle_until = excluded.idle_until, ends_at = excluded.ends_at, bound = excluded.bound,
       visited_at = excluded.visited_at`,
    ...[key, grantId, data, idleUntil, endsAt, bound, visitedAt],
  );
  const left = before && before.grant_id !== grantId ? [before.grant_id] : [];
  await lockGrants(sql, left);
  await eraseUnowned(sql, left);
  const replaced = replaces !== null && replaces !== key ? await endSessions(sql, [replaces]) : [];
  return [...left, ...replaced];
}

/**
 * Within a transaction: a grant goes with the last session that owns it.
 *
 * @returns ids of grants that they owned
 */
export async function endSessions(sql: Sql, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const owned = await sql.rows<{ grant_id: string }>(
    'SELECT DISTINCT grant_id FROM @sessions WHERE key = ANY($1)',
    keys,
  );
  const ids = owned.map(({ grant_id }) => grant_id);
  await lockGrants(sql, ids);
  await sql.run('DELETE FROM @sessions WHERE key = ANY($1)', keys);
  await eraseUnowned(sql, ids);
  return ids;
}
