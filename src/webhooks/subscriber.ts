import type { Grant } from '../store/grant.ts';
import type { Store } from '../store/store.ts';
import { DAY_MS } from '../time/units.ts';
import type { Grants } from '../tokens/grants.ts';
import type { Withings } from '../withings/client.ts';
import type { Refusal } from '../withings/errors.ts';
import type { Address } from './address.ts';
import { createBackgroundCall, PACE_OF_CALLS_MS } from './background-call.ts';
import { categoriesFor } from './categories.ts';
import { endSubscriptions } from './ending.ts';
import { anythingSince } from './missed.ts';
import { readState, type SubscriptionState } from './state.ts';

export interface SubscriberParts {
  store: Pick<Store, 'readSubscriptions' | 'writeSubscriptions' | 'claimSubscriptions' | 'recordNews'>;
  grants: Pick<Grants, 'read' | 'use'>;
  withings: Withings;
  address: Address;
  now: () => number;
  sleep: (ms: number) => Promise<unknown>;
  sweepSeconds: number;
  onError: (error: unknown) => void;
}

/** Keeps people's subscriptions as they should be, and asks for news that no notification told of. */
export interface Subscriber {
  /** Looks now, then every `sweepSeconds`, at whoever is due: new connections at once, everybody once a day. */
  start(): void;
  /** Somebody has connected: no need to wait for the next look. */
  wake(): void;
  /** Ends the subscriptions of someone who has left: see endSubscriptions. */
  end(grant: Grant): Promise<void>;
  /** One look. */
  round(): Promise<void>;
  /** Resolves when the look under way has come to a halt. */
  stop(): Promise<void>;
}

const RETRY_MS = 5 * 60_000;
/** Withings refuses the same question within ten seconds. */
const BUSY_MS = 15_000;
const PEOPLE_A_ROUND = 20;
const PACE_OF_PEOPLE_MS = 5000;

export function createSubscriber(parts: SubscriberParts): Subscriber {
  const { store, grants, withings, address, now, sleep, onError } = parts;
  const paced = createBackgroundCall(grants, sleep);
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  /** Subscribes to what is missing. What was in the way, or null. */
  async function subscribe(grant: Grant, known: number[]): Promise<Refusal | null> {
    const listed = await paced(grant, (token) => withings.subscriptions(token));
    if (!listed.ok) return listed.refusal;
    const old = listed.value.filter(
      ({ callbackUrl }) => address.isOurs(callbackUrl) && callbackUrl !== address.current,
    );
    const present = listed.value
      .filter(({ callbackUrl }) => callbackUrl === address.current)
      .map(({ appli }) => appli);
    known.push(...present);
    for (const appli of categoriesFor(grant.scope).filter((each) => !present.includes(each))) {
      const made = await paced(grant, (token) =>
        withings.subscribe(token, { appli, callbackUrl: address.current }),
      );
      if (!made.ok) return made.refusal;
      known.push(appli);
    }
    // Only now: between the two addresses no news falls through.
    for (const subscription of old) await paced(grant, (token) => withings.unsubscribe(token, subscription));
    return null;
  }

  async function tend(id: string): Promise<void> {
    const begun = now();
    const grant = await grants.read(id);
    if (!grant) return;
    const { state } = await readState(store, id);
    const before = state ?? { categories: [], checkedAt: 0, problem: null, newsUntil: begun };
    const keep = async (change: Partial<SubscriptionState>, dueAt: number) => {
      // Whoever connected again meanwhile was made due at once, and may have granted something else.
      const isSame = (await grants.read(id))?.connectedAt === grant.connectedAt;
      await store.writeSubscriptions(id, JSON.stringify({ ...before, ...change }), isSame ? dueAt : 0);
    };
    if (grant.ended) return keep({}, begun + DAY_MS); // connecting again makes it due at once

    const categories: number[] = [];
    let refusal = await subscribe(grant, categories);
    if (refusal === null && state !== null) {
      const news = await anythingSince(paced, withings, grant, before.newsUntil);
      if (!news.ok) refusal = news.refusal;
      else if (news.value) await store.recordNews(id, now());
    }
    const checked = { categories, checkedAt: now() };
    if (refusal === null) return keep({ ...checked, problem: null, newsUntil: begun }, now() + DAY_MS);
    const waitMs = (refusal.retryAfterSeconds ?? 0) * 1000;
    if (refusal.code === 'withings-busy') return keep({}, now() + Math.max(BUSY_MS, waitMs)); // says nothing of them
    await keep({ ...checked, problem: refusal.code }, now() + RETRY_MS); // what was missed meanwhile is asked for then
  }

  async function look(): Promise<void> {
    const due = await store.claimSubscriptions(now(), RETRY_MS, PEOPLE_A_ROUND);
    for (const [turn, id] of due.entries()) {
      if (turn > 0) await sleep(PACE_OF_PEOPLE_MS);
      if (stopping) return;
      await tend(id).catch(async (error) => {
        onError(error);
        await store.writeSubscriptions(id, 'null', now() + DAY_MS).catch(onError); // it must not stand in the way of others
      });
    }
  }

  function round(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  function run(): void {
    clearTimeout(timer);
    round()
      .catch(onError)
      .then(() => {
        clearTimeout(timer);
        if (!stopping) timer = setTimeout(run, parts.sweepSeconds * 1000).unref();
      });
  }

  return {
    start: run,
    wake: () => {
      if (!stopping) (looking ?? Promise.resolve()).then(run, run);
    },
    end: (grant) => endSubscriptions({ ...parts, pause: () => sleep(PACE_OF_CALLS_MS) }, grant),
    round,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await looking?.catch(() => {});
    },
  };
}
