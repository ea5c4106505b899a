import { randomUUID } from 'node:crypto';
import {
  type CallsWanted,
  type CountedCalls,
  decide,
  MAX_WAITING,
  PLACE_KEPT_MS,
  type Place,
  type RateLimitStore,
  WINDOW_MS,
} from '../rate-limit.ts';
import { refuseMarked } from './copy.ts';
import type { Db } from './database.ts';

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

  function count(line: Line, wanted: CallsWanted, taken: Taken): string {
    const { priority, person, process } = wanted;
    const { calls, lent, since, until } = taken;
    const id = randomUUID();
    const values = [id, priority, calls, lent, person, process, since, until];
    unsynced.run('INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...values);
    line.calls.set(id, { ...taken, priority, person, process });
    return id;
  }

  /** What the store has lost and the process that asks still knows of. */
  function countLost(line: Line, wanted: CallsWanted, now: number): void {
    const counted = [...line.calls.values()].filter(({ process }) => process === wanted.process);
    const lost = wanted.known - counted.reduce((all, { calls }) => all + calls, 0);
    if (lost > 0) count(line, wanted, { calls: lost, lent: 0, since: now, until: now + WINDOW_MS });
  }

  function borrow(line: Line, priority: string, from: number): void {
    if (line.borrowing.get(priority) === from) return;
    unsynced.run('INSERT OR REPLACE INTO borrowing VALUES (?, ?)', priority, from);
    line.borrowing.set(priority, from);
  }

  function givePlace(line: Line, place: Place): void {
    const { person, priority, calls, since, dueAt } = place;
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

  function endPlace(line: Line, { person, priority }: CallsWanted): void {
    if (person === null || !line.places.delete(placeKey({ person, priority }))) return;
    unsynced.run('DELETE FROM places WHERE person = ? AND priority = ?', person, priority);
  }

  return {
    async takeCalls(wanted, quota) {
      return change((line) => {
        const { priority, person } = wanted;
        const now = hostClock();
        countLost(line, wanted, now);
        forget(line, now);
        const [counted, places] = [[...line.calls.values()], [...line.places.values()]];
        const from = line.borrowing.get(priority) ?? 0;
        const borrowFrom = from > now + WINDOW_MS ? 0 : from;
        const decision = decide({ counted, places, borrowFrom }, wanted, quota, now);
        if ('calls' in decision) {
          endPlace(line, wanted);
          borrow(line, priority, decision.borrowFrom);
          const { calls, lent } = decision;
          return { id: count(line, wanted, { calls, lent, since: now, until: now + quota.heldMs }), calls };
        }
        const { waitMs, since } = decision;
        if (person !== null && (since < now || line.places.size < MAX_WAITING)) {
          givePlace(line, { person, priority, calls: wanted.calls, since, dueAt: now + waitMs });
        }
        return { waitMs };
      });
    },

    async endCalls(id, made) {
      change((line) => {
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
  };
}

type Taken = Pick<CountedCalls, 'calls' | 'lent' | 'since' | 'until'>;

function placeKey({ person, priority }: Pick<Place, 'person' | 'priority'>): string {
  return `${priority} ${person}`;
}

/** Whether there were any. */
function remove<T>(from: Map<string, T>, isGone: (each: T) => boolean): boolean {
  const before = from.size;
  for (const [key, each] of from) if (isGone(each)) from.delete(key);
  return from.size < before;
}
