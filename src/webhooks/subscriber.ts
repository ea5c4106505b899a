import { every, type Schedule } from '../scheduling/schedule.ts';
import type { Grant } from '../store/grant.ts';
import { SERVICES, type Store } from '../store/store.ts';
import { DAY_MS } from '../time/clocks.ts';
import type { Grants } from '../tokens/grants.ts';
import type { Withings } from '../withings/client.ts';
import type { DataCalls } from '../withings/data-calls.ts';
import type { Address } from './address.ts';
import { anythingSince } from './missed.ts';
import { readState, type SubscriptionState } from './state.ts';
import { subscribe, type Use } from './subscribe.ts';
import { unsubscribeAll } from './unsubscribe.ts';

export interface SubscriberParts {
  store: Pick<Store, 'readSubscriptions' | 'writeSubscriptions' | 'claimSubscriptions' | 'recordNews'>;
  grants: Pick<Grants, 'read' | 'use'>;
  withings: Pick<Withings, 'issuer' | 'at' | 'refresh' | 'subscriptions' | 'unsubscribe'>;
  address: Address;
  now: () => number;
  sweepSeconds: number;
  onError: (error: unknown) => void;
}

/**
 * Keeps people's subscriptions as they should be, and asks for news that no notification told of: of new connections
 * at once, of everybody once a day.
 */
export interface Subscriber extends Schedule {
  /** Ends the subscriptions of someone who disconnects: see unsubscribeAll. */
  unsubscribe(grant: Grant): Promise<void>;
}

const RETRY_MS = 5 * 60_000;
/** Withings refuses the same question within ten seconds. */
const BUSY_MS = 15_000;
/** At ten calls a person, evenly spaced, done long before others may claim them: RETRY_MS. */
const PEOPLE_A_CLAIM = 20;

export function createSubscriber(parts: SubscriberParts): Subscriber {
  const { store, grants, withings, address, now, sweepSeconds, onError } = parts;

  async function check(id: string, background: DataCalls): Promise<void> {
    const begun = now();
    const grant = await grants.read(id);
    if (!grant) return;
    const { state } = await readState(store, id);
    const before = state ?? { categories: [], checkedAt: 0, problem: null, newsUntil: begun };
    const save = async (change: Partial<SubscriptionState>, dueAt: number) => {
      // Whoever connected again meanwhile was made due at once, and may have granted something else.
      const isSame = (await grants.read(id))?.connectedAt === grant.connectedAt;
      await store.writeSubscriptions(id, JSON.stringify({ ...before, ...change }), isSame ? dueAt : 0);
    };
    if (grant.ended) return save({}, begun + DAY_MS); // connecting again makes it due at once

    const { categories, refusal } = await bringUpToDate(grant, background, state?.newsUntil ?? null);
    const checked = { categories, checkedAt: now() };
    if (refusal === null) return save({ ...checked, problem: null, newsUntil: begun }, now() + DAY_MS);
    const waitMs = (refusal.retryAfterSeconds ?? 0) * 1000;
    if (refusal.code === 'withings-busy' || !refusal.sent) return save({}, now() + Math.max(BUSY_MS, waitMs)); // says nothing of them
    await save({ ...checked, problem: refusal.code }, now() + RETRY_MS); // what was missed meanwhile is asked for then
  }

  /** `missedSince`: a moment from which on notifications may have been missed, milliseconds since 1970; null: none. */
  async function bringUpToDate(grant: Grant, background: DataCalls, missedSince: number | null) {
    const use: Use = (call) => grants.use(grant, call, 'background');
    const { categories, refusal } = await subscribe(use, background, address, grant.scope);
    if (refusal !== null || missedSince === null) return { categories, refusal };
    const news = await anythingSince(use, background, grant.scope, missedSince);
    if (news.ok && news.value) await store.recordNews(grant.id, SERVICES, now());
    return { categories, refusal: news.ok ? null : news.refusal };
  }

  async function look(stopping: AbortSignal): Promise<void> {
    const background = withings.at('background', stopping);
    for (;;) {
      const due = await store.claimSubscriptions(withings.issuer, now(), RETRY_MS, PEOPLE_A_CLAIM);
      if (due.length === 0) return;
      for (const id of due) {
        if (stopping.aborted) return;
        await check(id, background).catch(async (error) => {
          onError(error);
          await store.writeSubscriptions(id, 'null', now() + DAY_MS); // what cannot be read is not tried all day long
        });
      }
    }
  }

  return {
    ...every(sweepSeconds, look, { onError }),
    unsubscribe: (grant) => unsubscribeAll(parts, grant),
  };
}
