import { randomUUID } from 'node:crypto';
import type { CallCountStore } from '../store/call-counts.ts';
import { MIN_TURN, type Quota, type RateLimitStore, WINDOW_MS } from '../store/rate-limit.ts';
import type { RateLimit, Turn, Wanted } from '../withings/rate-limit.ts';
import { type DailyUseParts, watchDailyUse } from './daily-use.ts';

/** What each priority may always have of the quota, and at most. Anybody can bring codes, and nobody waits for the rest. */
const FLOORS = { token: 0.2, code: 0.3, data: 0.4, background: 0.1 };
const MOST = { token: 1, code: 0.5, data: 1, background: 0.5 };
const HEADROOM = 1 / 40;
/** Of one person's calls at a priority: what visits have for themselves, and a list of ten years takes. */
const PER_PERSON = 0.4;

const PLACES = 2000;

/** A turn is for calls that follow now. */
const TURN_MS = 30_000;
/** Clocks and answers may differ by as much before calls are thought to be lost. */
const SLACK_MS = 5000;
const STORE_AWAY_MS = 1000;

export interface QuotaParts {
  store: Pick<RateLimitStore, 'takeCalls' | 'endCalls'> & CallCountStore;
  /** Milliseconds since any fixed moment; never steps. */
  monotonic: () => number;
  /** The longest that one call can take, milliseconds. */
  timeoutMs: number;
  /** Milliseconds since 1970. */
  now: () => number;
  onError: (error: unknown) => void;
  onBusyDay: DailyUseParts['onBusyDay'];
}

/**
 * The quota of this application, which all instances have together: in any 60 seconds no more calls than Withings allows,
 * 120 or more by contract (Withings, "Notifications"). A call counts until 60 seconds after its answer.
 */
export function createRateLimit(callsPerMinute: number, parts: QuotaParts): RateLimit {
  const { store, monotonic, now, timeoutMs, onError } = parts;
  const quota = quotaOf(callsPerMinute, TURN_MS + timeoutMs + WINDOW_MS);
  const process = randomUUID();
  const lookAtTheDay = watchDailyUse(callsPerMinute, parts);
  /** What this process has been let in to do, for a store that has lost it (a power cut, a failover). */
  let mine: { calls: number; until: number }[] = [];

  function known(): number {
    const at = monotonic();
    mine = mine.filter(({ until }) => until > at);
    return mine.reduce((all, { calls, until }) => (until > at + SLACK_MS ? all + calls : all), 0);
  }

  /** @param id null: the store knows nothing of it */
  function turnOf({ priority, person }: Wanted, id: string | null, calls: number, asked: number): Turn {
    const record = { calls, until: asked + quota.heldMs };
    mine.push(record);
    let [made, busy, underWay, isOver] = [0, 0, 0, false];
    const left = () => (isOver || monotonic() > asked + TURN_MS ? 0 : calls - made);

    function settle(): void {
      if (!isOver || underWay > 0) return;
      Object.assign(record, { calls: made, until: made > 0 ? monotonic() + WINDOW_MS : 0 });
      if (id !== null) store.endCalls(id, made, busy, now()).then(lookAtTheDay, onError);
    }
    return {
      priority,
      person,
      left,
      use(call, isBusy = () => false) {
        if (left() === 0) return null;
        made += 1;
        underWay += 1;
        return call()
          .then((answer) => {
            if (isBusy(answer)) busy += 1;
            return answer;
          })
          .finally(() => {
            underWay -= 1;
            settle();
          });
      },
      end() {
        if (isOver) return;
        isOver = true;
        settle();
      },
    };
  }

  return async (wanted) => {
    const asked = monotonic();
    const counted = known();
    try {
      const admission = await store.takeCalls({ ...wanted, process, known: counted }, quota);
      if ('waitMs' in admission) return admission.waitMs;
      return turnOf(wanted, admission.id, admission.calls, asked);
    } catch (error) {
      onError(error);
      // Nobody can tell whose turn it is. What is still valid goes on serving, as far as this process' own calls leave
      // room; no new tokens are fetched for a store that could not keep them, and what nobody waits for can wait.
      const { priority, calls } = wanted;
      const canWait = priority === 'token' || priority === 'background';
      if (canWait || counted + calls > quota.calls) return STORE_AWAY_MS;
      return turnOf(wanted, null, calls, asked);
    }
  };
}

/** @param heldMs see Quota */
export function quotaOf(callsPerMinute: number, heldMs: number): Quota {
  const parts = (shares: typeof FLOORS) => ({
    token: Math.floor(callsPerMinute * shares.token),
    code: Math.floor(callsPerMinute * shares.code),
    data: Math.floor(callsPerMinute * shares.data),
    background: Math.floor(callsPerMinute * shares.background),
  });
  return {
    calls: callsPerMinute,
    floors: parts(FLOORS),
    most: parts(MOST),
    headroom: Math.max(MIN_TURN, Math.round(callsPerMinute * HEADROOM)),
    perPerson: Math.floor(callsPerMinute * PER_PERSON),
    places: PLACES,
    heldMs,
  };
}
