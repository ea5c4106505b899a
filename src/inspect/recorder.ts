import { AsyncLocalStorage } from 'node:async_hooks';
import { LRUCache } from 'lru-cache';
import type { Refreshing } from '../operations/observer.ts';
import type { Refusal, RefusalCode } from '../withings/errors.ts';
import type { Answered, Part, Sent } from '../withings/exchange.ts';

/** A call to Withings. Moments are milliseconds since 1970. */
export interface Call {
  at: number;
  sent: Sent;
  /** Null: it is under way. */
  answered: Answered | null;
  milliseconds: number;
}

/** `attributes` as they were sent: "HttpOnly; SameSite=Lax". */
export interface Cookie extends Pick<Part, 'name' | 'length'> {
  attributes: string;
}

/** One way of a browser to Withings and back, as far as it has come. */
export interface Attempt {
  begun: { at: number; cookies: Cookie[]; authorizeUrl: string; parts: Part[]; isOther: boolean } | null;
  callback: { at: number; parts: Part[] } | null;
  /** How often Withings' answer was brought: only the first is told of. */
  visits: number;
  calls: Call[];
  /** `connected`, or the code of what went wrong; null: not known yet. */
  outcome: string | null;
  /** Whose it is: the grant that came of it; null: none has. */
  grantId: string | null;
  /** How whoever has connected was led on; null: no answer was sent. */
  landed: { at: number; location: string; cookies: Cookie[] } | null;
}

/** One refresh of a grant. */
export interface Refresh {
  call: Call;
  /** Who wanted it; null: not told yet. */
  trigger: string | null;
  /** Why there was no new pair; null: there is one. */
  refusal: RefusalCode | null;
  /** The first call with the new access token that went well. */
  proof: Call | null;
}

/**
 * What has been said in the attempts of browsers and in the refreshes of grants: in this process alone, for an hour, and
 * nothing secret of it. Calls that are listened to go on whatever happens in here.
 */
export interface Recorder {
  /** The latest of this browser; null: none is known. */
  attemptOf(browser: string): Attempt | null;
  /** The oldest first. */
  refreshesOf(grantId: string): Refresh[];
  /** @param name names the attempt */
  begin(browser: string, name: string, begun: NonNullable<Attempt['begun']>): void;
  /** Withings' answer was brought. Null: for an attempt that has one already. */
  arrive(browser: string, name: string, parts: Part[]): Attempt | null;
  /** Calls that belong to nobody yet, and the outcome, belong to this attempt for as long as `run` and what follows of it runs. */
  during(attempt: Attempt, run: () => void): void;
  /** The grant of the attempt that is under way is stored. */
  connected(grantId: string | null): void;
  observer: {
    onConnecting(outcome: string): void;
    onRefresh(grantId: string, refusal: Refusal | null, how: Refreshing): void;
  };
  onExchange: (sent: Sent) => (answered: Answered) => void;
}

const KEPT_MS = 3_600_000;
const MAX_BROWSERS = 500;
const MAX_GRANTS = 500;
/** Of one browser: a few tabs. */
const MAX_ATTEMPTS = 3;
const MAX_REFRESHES = 5;
/** With signatures it takes two. */
const MAX_CALLS = 4;

/** Nobody who is listened to hears of a fault of the listener's. @param otherwise what is returned then */
export function harmless<A extends unknown[], R>(
  onError: (error: unknown) => void,
  listen: (...what: A) => R,
  otherwise: R,
): (...what: A) => R {
  return (...what) => {
    try {
      return listen(...what);
    } catch (error) {
      onError(error);
      return otherwise;
    }
  };
}

export interface RecorderParts {
  now: () => number;
  /** Told of what went wrong in here. */
  onError: (error: unknown) => void;
  /** Milliseconds since any fixed moment; never steps. */
  monotonic: () => number;
}

const UNKNOWN = { begun: null, callback: null, visits: 0, outcome: null, grantId: null, landed: null };

export function createRecorder({ now, monotonic, onError }: RecorderParts): Recorder {
  const kept = { ttl: KEPT_MS, ttlAutopurge: true, ttlResolution: 0, perf: { now: monotonic } };
  /** By browser, the latest last. */
  const attempts = new LRUCache<string, Map<string, Attempt>>({ max: MAX_BROWSERS, ...kept });
  const refreshes = new LRUCache<string, Refresh[]>({ max: MAX_GRANTS, ...kept });
  /** By the name of the access token that each brought. */
  const unproven = new LRUCache<string, Refresh>({ max: MAX_GRANTS, ...kept });
  const current = new AsyncLocalStorage<Attempt>();

  function keep(browser: string, name: string, attempt: Attempt): void {
    const own = new Map(attempts.get(browser));
    own.delete(name);
    own.set(name, attempt);
    attempts.set(browser, new Map([...own].slice(-MAX_ATTEMPTS)));
  }

  /** What a call belongs to hears of it: those of the way to a connection, the refreshes, and what proves their pairs. */
  function listener(call: Call): (() => void) | null {
    const { fields, person, bearer } = call.sent;
    const attempt = current.getStore();
    if (person === null && attempt && attempt.outcome === null && attempt.calls.length < MAX_CALLS) {
      attempt.calls.push(call);
      return null;
    }
    const isRefresh = fields.some(({ name, shown }) => name === 'grant_type' && shown === 'refresh_token');
    if (isRefresh && person !== null) return refreshing(person, call);
    const proven = bearer === null ? undefined : unproven.get(bearer);
    if (!proven || bearer === null) return null;
    return () => {
      if (call.answered?.status !== 0) return;
      proven.proof ??= call;
      unproven.delete(bearer);
    };
  }

  function refreshing(grantId: string, call: Call): () => void {
    const refresh: Refresh = { call, trigger: null, refusal: null, proof: null };
    refreshes.set(grantId, [...(refreshes.get(grantId) ?? []), refresh].slice(-MAX_REFRESHES));
    return () => {
      if (call.answered?.brought) unproven.set(call.answered.brought, refresh);
    };
  }

  return {
    attemptOf: (browser) => [...(attempts.get(browser)?.values() ?? [])].at(-1) ?? null,
    refreshesOf: (grantId) => refreshes.get(grantId) ?? [],

    begin(browser, name, begun) {
      keep(browser, name, { ...UNKNOWN, calls: [], begun });
    },

    arrive(browser, name, parts) {
      const attempt = attempts.get(browser)?.get(name) ?? { ...UNKNOWN, calls: [] };
      attempt.visits += 1;
      if (attempt.callback) return null; // whoever repeats it later has not made it
      keep(browser, name, attempt);
      attempt.callback = { at: now(), parts };
      return attempt;
    },

    during: (attempt, run) => current.run(attempt, run),

    connected(grantId) {
      const attempt = current.getStore();
      if (attempt) attempt.grantId = grantId;
    },

    observer: {
      onConnecting(outcome) {
        const attempt = current.getStore();
        if (attempt) attempt.outcome ??= outcome;
      },
      onRefresh(grantId, refusal, { trigger, isRecovery }) {
        const refresh = refreshes.get(grantId)?.findLast(({ trigger: told }) => told === null);
        if (isRecovery || !refresh) return;
        refresh.trigger = trigger;
        refresh.refusal = refusal?.code ?? null;
      },
    },

    onExchange: harmless(onError, hear, () => {}),
  };

  function hear(sent: Sent): (answered: Answered) => void {
    const call: Call = { at: now(), sent, answered: null, milliseconds: 0 };
    const begun = monotonic();
    const heard = listener(call);
    const answer = (answered: Answered) => {
      call.answered = answered;
      call.milliseconds = monotonic() - begun;
      heard?.();
    };
    return harmless(onError, answer, undefined);
  }
}
