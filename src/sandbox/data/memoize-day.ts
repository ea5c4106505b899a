import { LRUCache } from 'lru-cache';
import type { Person } from '../people.ts';

/** Five people's two years. All caches of days together, full: 20 MB. */
const MAX_DAYS = 4000;

/**
 * Works out a person's day once. Nothing but the person and the day may decide it, and nobody may change what comes
 * back. The days not asked for longest are forgotten.
 */
export function memoizeDay<T>(work: (person: Person, day: number) => T): (person: Person, day: number) => T {
  const known = new LRUCache<string, { person: Person; value: T }>({ max: MAX_DAYS });
  return (person, day) => {
    const key = `${person.userId} ${day}`;
    const found = known.get(key);
    // After a reset, and in another sandbox, somebody else may have the number.
    if (found?.person === person) return found.value;
    const value = work(person, day);
    known.set(key, { person, value });
    return value;
  };
}
