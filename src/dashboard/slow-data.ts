import { LRUCache } from 'lru-cache';
import type { Grant } from '../store/grant.ts';
import { DAY_MS } from '../time/clocks.ts';
import { addDays, ymdAt } from '../time/days.ts';
import type { Grants } from '../tokens/grants.ts';
import type { Withings } from '../withings/client.ts';
import type { Goals, Measure, Recording, Workout } from '../withings/data/records.ts';
import type { DataCalls } from '../withings/data-calls.ts';
import { mapResult, type Result } from '../withings/errors.ts';
import { HEIGHT } from '../withings/meastypes.ts';
import type { Turn } from '../withings/rate-limit.ts';

/** What changes slowly: it is asked for when there is room, and nobody waits for it. Null: not known yet. */
export interface Slow {
  goals: Goals | null;
  /** The latest, whenever that was. */
  height: Measure | null;
  /** The newest of a year. */
  recordings: Recording[] | null;
  /** The newest of half a year. */
  workouts: Workout[] | null;
}

export interface SlowData {
  /** What is known of a person in this process. */
  known(grant: Grant): Slow;
  /** Asks for what is not known, or not of today, in the background. Returns at once. */
  ask(grant: Grant): void;
  /** What is known of a person is not kept any longer. */
  forget(grantId: string): void;
  settled(): Promise<void>;
  /** Sends nothing more, and resolves when what was sent is answered. */
  close(): Promise<void>;
}

export interface SlowDataParts {
  grants: Pick<Grants, 'use'>;
  withings: Pick<Withings, 'at' | 'turn'>;
  now: () => number;
  onError: (error: unknown) => void;
}

interface Source<T> {
  scope: string;
  ask(calls: DataCalls, accessToken: string, now: number): Promise<Result<T>>;
}

const NEWEST = 100;
const YEAR_DAYS = 365;
const WORKOUT_DAYS = 180;

const SOURCES: { [Name in keyof Slow]: Source<Slow[Name]> } = {
  goals: { scope: 'user.info', ask: (calls, token) => calls.goals(token) },
  height: {
    scope: 'user.metrics',
    // Measured once, years ago.
    ask: async (calls, token, now) =>
      mapResult(
        await calls.measures(token, [HEIGHT], new Date(0), new Date(now)),
        ({ rows }) => rows.find(({ type }) => type === HEIGHT) ?? null,
      ),
  },
  recordings: {
    scope: 'user.metrics',
    ask: async (calls, token, now) =>
      mapResult(await calls.recordings(token, new Date(now - YEAR_DAYS * DAY_MS), new Date(now)), newest),
  },
  workouts: {
    scope: 'user.activity',
    async ask(calls, token, now) {
      const today = ymdAt(now, 'UTC');
      const first = addDays(today, -WORKOUT_DAYS);
      return mapResult(await calls.workouts(token, first, addDays(today, 1)), newest);
    },
  },
};

const NAMES = Object.keys(SOURCES) as (keyof Slow)[];

/** What was asked in vain is asked again at a later view, and not at each. */
const RETRY_MS = 10 * 60_000;
const MAX_BYTES = 4 * 1024 * 1024;

interface Entry {
  value: Slow[keyof Slow];
  askAgainAt: number;
}

export function createSlowData({ grants, withings, now, onError }: SlowDataParts): SlowData {
  const entries = new LRUCache<string, Entry>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ value }, key) => 2 * (key.length + JSON.stringify(value).length) + 100,
  });
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  // Whoever connects again may have granted something else.
  const keyOf = (grant: Grant, name: keyof Slow) => `${grant.id} ${grant.connectedAt} ${name}`;

  function dueOf(grant: Grant): (keyof Slow)[] {
    return NAMES.filter((name) => {
      const isGranted = grant.scope.includes(SOURCES[name].scope);
      return isGranted && (entries.peek(keyOf(grant, name))?.askAgainAt ?? 0) <= now();
    });
  }

  /** One turn for all of them: what is not let in now is asked for at a later view. */
  async function askFor(grant: Grant, names: (keyof Slow)[]): Promise<void> {
    const wanted = { priority: 'background' as const, calls: names.length, person: null };
    const turn = await withings.turn(wanted, closing.signal);
    if (typeof turn === 'number') return;
    await askIn(turn, grant, names).finally(turn.end);
  }

  async function askIn(turn: Turn, grant: Grant, names: (keyof Slow)[]): Promise<void> {
    const calls = withings.at(turn, closing.signal);
    for (const name of names) {
      if (closing.signal.aborted) return;
      const { ask }: Source<Slow[keyof Slow]> = SOURCES[name];
      const answer = await grants.use(grant, (token) => ask(calls, token, now()), turn);
      const key = keyOf(grant, name);
      if (answer.ok && entries.has(key)) {
        entries.set(key, { value: answer.value, askAgainAt: now() + DAY_MS });
      }
    }
  }

  function valueIn<Name extends keyof Slow>(grant: Grant, name: Name): Slow[Name] {
    if (!grant.scope.includes(SOURCES[name].scope)) return null; // a refresh may have brought less
    return (entries.get(keyOf(grant, name))?.value ?? null) as Slow[Name];
  }

  return {
    known: (grant) => ({
      goals: valueIn(grant, 'goals'),
      height: valueIn(grant, 'height'),
      recordings: valueIn(grant, 'recordings'),
      workouts: valueIn(grant, 'workouts'),
    }),
    ask(grant) {
      const due = dueOf(grant);
      for (const name of due) {
        entries.set(keyOf(grant, name), { value: valueIn(grant, name), askAgainAt: now() + RETRY_MS });
      }
      if (due.length === 0) return;
      const work = askFor(grant, due)
        .catch(onError)
        .finally(() => underWay.delete(work));
      underWay.add(work);
    },
    forget(grantId) {
      for (const key of entries.keys()) if (key.startsWith(`${grantId} `)) entries.delete(key);
    },
    async settled() {
      await Promise.all(underWay);
    },
    async close() {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}

function newest<T>({ rows }: { rows: T[] }): T[] {
  return rows.slice(0, NEWEST);
}
