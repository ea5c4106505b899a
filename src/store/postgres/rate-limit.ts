import { randomUUID } from 'node:crypto';
import { type CountedCalls, decide, type Place } from '../admission.ts';
import {
  type Admission,
  type CallsWanted,
  LOST,
  PLACE_KEPT_MS,
  type Quota,
  type RateLimitStore,
  WINDOW_MS,
} from '../rate-limit.ts';
import { countInHour } from './call-counts.ts';
import type { Sql } from './client.ts';
import type { PostgresParts } from './store.ts';

/** In tables that no write of theirs waits for: a server that crashed starts with none, and each process tells it of its own. */
export function postgresRateLimit({ db, clock }: PostgresParts): RateLimitStore {
  /** One at a time, of all processes. */
  function inTurn<T>(work: (sql: Sql, now: number) => Promise<T>): Promise<T> {
    return db.transaction(async (sql) => {
      await sql.rows("SELECT pg_advisory_xact_lock(hashtextextended('@calls', 0))");
      const [row] = await sql.rows<{ now: number }>(
        'SELECT coalesce($1::float8, extract(epoch FROM clock_timestamp()) * 1000) AS now',
        clock(),
      );
      return work(sql, row?.now ?? 0);
    });
  }

  return {
    takeCalls: (wanted, quota) => inTurn((sql, now) => takeCalls(sql, wanted, quota, now)),

    async readCalls() {
      const [row] = await db.rows<{ calls: number }>(COUNTING, clock());
      return Number(row?.calls ?? 0);
    },

    async endCalls(id, made, busy, at) {
      await inTurn(async (sql, now) => {
        if (made === 0) await sql.run('DELETE FROM @calls WHERE id = $1', id);
        else {
          await countInHour(sql, made, busy, at);
          await sql.run('UPDATE @calls SET calls = $2, until = $3 WHERE id = $1', id, made, now + WINDOW_MS);
        }
      });
    },
  };
}

async function takeCalls(sql: Sql, wanted: CallsWanted, quota: Quota, now: number): Promise<Admission> {
  const { priority, person, process } = wanted;
  const waiting = wanted.isBegun ? null : person;
  // A record from further ahead than any is written was written by a clock that has been started anew.
  await sql.run('DELETE FROM @calls WHERE until <= $1 OR since > $1', now);
  await sql.run('DELETE FROM @places WHERE due_at <= $2 OR since > $1', now, now - PLACE_KEPT_MS);
  const counted = await sql.rows<StoredCalls>('SELECT * FROM @calls');
  const lost = lostOf(counted, wanted, now);
  if (lost !== null) {
    counted.push(lost);
    await count(sql, lost);
  }
  const places = await sql.rows<Place>(
    'SELECT person, priority, calls, since, due_at AS "dueAt" FROM @places',
  );
  const [borrowing] = await sql.rows<{ since: number }>(
    'SELECT since FROM @borrowing WHERE priority = $1',
    priority,
  );
  const from = borrowing?.since ?? 0;
  const borrowFrom = from > now + WINDOW_MS ? 0 : from;
  const decision = decide({ counted, places, borrowFrom }, wanted, quota, now);
  if ('calls' in decision) {
    if (waiting !== null)
      await sql.run('DELETE FROM @places WHERE person = $1 AND priority = $2', waiting, priority);
    if (decision.borrowFrom !== from) await sql.run(BORROW, priority, decision.borrowFrom);
    const { calls, lent } = decision;
    const until = now + quota.heldMs;
    const id = await count(sql, { priority, calls, lent, person, process, since: now, until });
    return { id, calls };
  }
  const { waitMs, since } = decision;
  if (waiting !== null && hasPlace(places, waiting, priority, quota.places)) {
    await sql.run(GIVE_PLACE, waiting, priority, wanted.calls, since, now + waitMs);
  }
  return { waitMs };
}

type StoredCalls = CountedCalls & { process: string };

/** What the store has lost and the process that asks still knows of. */
function lostOf(counted: StoredCalls[], { process, known }: CallsWanted, now: number): StoredCalls | null {
  const theirs = counted.filter((each) => each.process === process);
  const calls = known - theirs.reduce((all, each) => all + each.calls, 0);
  if (calls <= 0) return null;
  return { priority: LOST, calls, lent: 0, person: null, process, since: now, until: now + WINDOW_MS };
}

async function count(sql: Sql, calls: StoredCalls): Promise<string> {
  const id = randomUUID();
  const { priority, calls: number, lent, person, process, since, until } = calls;
  await sql.run(COUNT, id, priority, number, lent, person, process, since, until);
  return id;
}

/** @param most so many have one at a priority */
function hasPlace(places: Place[], person: string, priority: string, most: number): boolean {
  const others = places.filter((each) => each.priority === priority);
  return others.length < most || others.some((each) => each.person === person);
}

const COUNTING = `WITH now AS (SELECT coalesce($1::float8, extract(epoch FROM clock_timestamp()) * 1000) AS at)
  SELECT coalesce(sum(calls), 0) AS calls FROM @calls, now WHERE until > now.at AND since <= now.at`;

const COUNT = `INSERT INTO @calls (id, priority, calls, lent, person, process, since, until)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;

const BORROW = `INSERT INTO @borrowing (priority, since) VALUES ($1, $2)
  ON CONFLICT (priority) DO UPDATE SET since = excluded.since`;

const GIVE_PLACE = `INSERT INTO @places (person, priority, calls, since, due_at) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (person, priority) DO UPDATE SET calls = excluded.calls, since = excluded.since, due_at = excluded.due_at`;
