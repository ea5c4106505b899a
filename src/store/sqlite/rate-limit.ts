import { randomUUID } from 'node:crypto';
import type { Priority } from '../../withings/rate-limit.ts';
import { type CountedCalls, decide, type Place } from '../admission.ts';
import { type CallsWanted, LOST, PLACE_KEPT_MS, type RateLimitStore, WINDOW_MS } from '../rate-limit.ts';
import { countInHour } from './call-counts.ts';
import { refuseMarked } from './copy.ts';
import type { Db, Reader } from './database.ts';

/** What the tables hold: to read them at each turn would cost more than all else. */
interface Line {
  /** The same for as long as nobody else has written (SQLite, "PRAGMA data_version"). */
  version: unknown;
  calls: Map<string, CountedCalls & { process: string }>;
  places: Map<string, Place>;
  borrowing: Map<string, number>;
}

/** @param unsynced a host that crashed has made no calls since */
export function sqliteRateLimit(db: Db, unsynced: Db, hostClock: () => number): RateLimitStore {
  let known: Line | null = null;

  function read(version: unknown): Line {
    const calls = unsynced.all<CountedCalls & { id: string; process: string }>('SELECT * FROM calls');
    const places = unsynced.all<Place>('SELECT person, priority, calls, since, due_at AS dueAt FROM places');
    const borrowing = unsynced.all<{ priority: string; since: number }>('SELECT * FROM borrowing');
    return {
      version,
      calls: new Map(calls.map(({ id, ...each }) => [id, each])),
      places: new Map(places.map((each) => [placeKey(each), each])),
      borrowing: new Map(borrowing.map(({ priority, since }) => [priority, since])),
    };
  }

  /** One transaction. What `work` writes to the tables it writes to the line as well. */
  function change<T>(work: (line: Line) => T): T {
    refuseMarked(db);
    try {
      return unsynced.transaction(() => {
        const version = unsynced.get('PRAGMA data_version')?.data_version;
        const line = known !== null && known.version === version ? known : read(version);
        known = line;
        return work(line);
      });
    } catch (error) {
      known = null; // it was rolled back
      throw error;
    }
  }

  /** A record from further ahead than any is written was written by a clock that has been started anew. */
  function forget({ calls, places }: Line, now: number): void {
    if (remove(calls, ({ until, since }) => until <= now || since > now)) {
      unsynced.run('DELETE FROM calls WHERE until <= ? OR since > ?', now, now);
    }
    const lostAt = now - PLACE_KEPT_MS;
    if (remove(places, ({ dueAt, since }) => dueAt <= lostAt || since > now)) {
      unsynced.run('DELETE FROM places WHERE due_at <= ? OR since > ?', lostAt, now);
    }
  }

  function count(line: Line, calls: CountedCalls & { process: string }): string {
    const id = randomUUID();
    const { priority, calls: number, lent, person, process, since, until } = calls;
    const values = [id, priority, number, lent, person, process, since, until];
    unsynced.run('INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...values);
    line.calls.set(id, calls);
    return id;
  }

  /** What the store has lost and the process that asks still knows of. */
  function countLost(line: Line, { process, known }: CallsWanted, now: number): void {
    const counted = [...line.calls.values()].filter((each) => each.process === process);
    const lost = known - counted.reduce((all, { calls }) => all + calls, 0);
    if (lost <= 0) return;
    const until = now + WINDOW_MS;
    count(line, { priority: LOST, calls: lost, lent: 0, person: null, process, since: now, until });
  }

  function borrow(line: Line, priority: string, from: number): void {
    if (line.borrowing.get(priority) === from) return;
    unsynced.run('INSERT OR REPLACE INTO borrowing VALUES (?, ?)', priority, from);
    line.borrowing.set(priority, from);
  }

  /** @param most so many have one at a priority */
  function givePlace(line: Line, place: Place, most: number): void {
    const { person, priority, calls, since, dueAt } = place;
    const others = [...line.places.values()].filter((each) => each.priority === priority).length;
    if (others >= most && !line.places.has(placeKey(place))) return;
    unsynced.run(
      'INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?)',
      person,
      priority,
      calls,
      since,
      dueAt,
    );
    line.places.set(placeKey(place), place);
  }

  function endPlace(line: Line, person: string | null, priority: Priority): void {
    if (person === null || !line.places.delete(placeKey({ person, priority }))) return;
    unsynced.run('DELETE FROM places WHERE person = ? AND priority = ?', person, priority);
  }

  return {
    async takeCalls(wanted, quota) {
      return change((line) => {
        const { priority, person, process } = wanted;
        const waiting = wanted.isBegun ? null : person;
        const now = hostClock();
        forget(line, now);
        countLost(line, wanted, now);
        const [counted, places] = [[...line.calls.values()], [...line.places.values()]];
        const from = line.borrowing.get(priority) ?? 0;
        const borrowFrom = from > now + WINDOW_MS ? 0 : from;
        const decision = decide({ counted, places, borrowFrom }, wanted, quota, now);
        if ('calls' in decision) {
          endPlace(line, waiting, priority);
          borrow(line, priority, decision.borrowFrom);
          const { calls, lent } = decision;
          const until = now + quota.heldMs;
          return { id: count(line, { priority, calls, lent, person, process, since: now, until }), calls };
        }
        const { waitMs, since } = decision;
        if (waiting !== null) {
          givePlace(
            line,
            { person: waiting, priority, calls: wanted.calls, since, dueAt: now + waitMs },
            quota.places,
          );
        }
        return { waitMs };
      });
    },

    async endCalls(id, made, busy, at) {
      change((line) => {
        if (made > 0) countInHour(unsynced, made, busy, at);
        const taken = line.calls.get(id);
        if (!taken) return;
        if (made === 0) {
          unsynced.run('DELETE FROM calls WHERE id = ?', id);
          line.calls.delete(id);
        } else {
          const until = hostClock() + WINDOW_MS;
          unsynced.run('UPDATE calls SET calls = ?, until = ? WHERE id = ?', made, until, id);
          line.calls.set(id, { ...taken, calls: made, until });
        }
      });
    },

    readCalls: async () => countCalls(unsynced, hostClock()),
  };
}

/** How many count at this moment of the host's clock. */
export function countCalls(unsynced: Reader, now: number): number {
  const sql = 'SELECT SUM(calls) AS calls FROM calls WHERE until > ? AND since <= ?';
  return unsynced.get<{ calls: number | null }>(sql, now, now)?.calls ?? 0;
}

function placeKey({ person, priority }: Pick<Place, 'person' | 'priority'>): string {
  return `${priority} ${person}`;
}

/** Whether there were any. */
function remove<T>(from: Map<string, T>, isGone: (each: T) => boolean): boolean {
  const before = from.size;
  for (const [key, each] of from) if (isGone(each)) from.delete(key);
  return from.size < before;
}
