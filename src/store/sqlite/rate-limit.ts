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

const COUNTED = `SELECT json_group_array(json_object('priority', priority, 'calls', calls, 'lent', lent,
  'person', person, 'since', since, 'until', until)) AS list FROM calls`;
const PLACES = `SELECT json_group_array(json_object('person', person, 'priority', priority, 'calls', calls,
  'since', since, 'dueAt', due_at)) AS list FROM (SELECT * FROM places ORDER BY since)`;

type Taken = Pick<CountedCalls, 'calls' | 'lent'>;

/** @param unsynced a host that crashed has made no calls since */
export function sqliteRateLimit(db: Db, unsynced: Db, hostClock: () => number): RateLimitStore {
  /** A row of libsql's costs more than all else, so they come as one text. */
  function rows<T>(sql: string): T[] {
    return JSON.parse(String(unsynced.get(sql)?.list));
  }

  function read(priority: string, now: number) {
    // A record from further ahead than any is written was written by a clock that has been started anew.
    unsynced.run('DELETE FROM calls WHERE until <= ? OR since > ?', now, now);
    unsynced.run('DELETE FROM places WHERE due_at <= ? OR since > ?', now - PLACE_KEPT_MS, now);
    const counted = rows<CountedCalls>(COUNTED);
    const places = rows<Place>(PLACES);
    const borrowing = unsynced.get('SELECT since FROM borrowing WHERE priority = ?', priority);
    const borrowFrom = Number(borrowing?.since ?? 0);
    return { counted, places, borrowFrom: borrowFrom > now + WINDOW_MS ? 0 : borrowFrom };
  }

  function count(wanted: CallsWanted, { calls, lent }: Taken, now: number, until: number): string {
    const { priority, person, process } = wanted;
    const id = randomUUID();
    unsynced.run(
      'INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      id,
      priority,
      calls,
      lent,
      person,
      process,
      now,
      until,
    );
    return id;
  }

  return {
    async takeCalls(wanted, quota) {
      refuseMarked(db);
      return unsynced.transaction(() => {
        const { priority, person, process, known } = wanted;
        const now = hostClock();
        const counted = Number(
          unsynced.get('SELECT SUM(calls) AS calls FROM calls WHERE process = ?', process)?.calls ?? 0,
        );
        if (counted < known) count(wanted, { calls: known - counted, lent: 0 }, now, now + WINDOW_MS);
        const line = read(priority, now);
        const decision = decide(line, wanted, quota, now);
        if ('calls' in decision) {
          unsynced.run('DELETE FROM places WHERE person = ? AND priority = ?', person, priority);
          unsynced.run('INSERT OR REPLACE INTO borrowing VALUES (?, ?)', priority, decision.borrowFrom);
          return { id: count(wanted, decision, now, now + quota.heldMs), calls: decision.calls };
        }
        const { waitMs, since } = decision;
        if (person !== null && (since < now || line.places.length < MAX_WAITING)) {
          unsynced.run(
            'INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?)',
            person,
            priority,
            wanted.calls,
            since,
            now + waitMs,
          );
        }
        return { waitMs };
      });
    },

    async endCalls(id, made) {
      refuseMarked(db);
      if (made === 0) unsynced.run('DELETE FROM calls WHERE id = ?', id);
      else {
        unsynced.run('UPDATE calls SET calls = ?, until = ? WHERE id = ?', made, hostClock() + WINDOW_MS, id);
      }
    },
  };
}
