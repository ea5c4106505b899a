import { z } from 'zod';
import type { Service, Store } from '../store/store.ts';
import { refusalCode } from '../withings/errors.ts';
import { toldBy } from './categories.ts';

/** How a person's subscriptions stood when they were last looked at. Times are milliseconds since 1970. */
const subscriptionState = z.object({
  /** Subscribed at Withings, as far as we know. */
  categories: z.array(z.number()),
  checkedAt: z.number(),
  /** Why not all of them; null: all is well. */
  problem: refusalCode.nullable().catch('withings-refused'),
  /** Everything that came in before this moment has been asked for. */
  newsUntil: z.number(),
});

export type SubscriptionState = z.infer<typeof subscriptionState>;

export async function readState(
  store: Pick<Store, 'readSubscriptions'>,
  grantId: string,
): Promise<{
  state: SubscriptionState | null;
  newsAt: number;
  newsOf: Record<Service, number>;
  /** What Withings tells all news of. */
  told: Service[];
}> {
  const kept = await store.readSubscriptions(grantId);
  const state = kept?.state ? subscriptionState.nullable().parse(JSON.parse(kept.state)) : null;
  const isWell = state !== null && state.checkedAt > 0 && state.problem === null;
  return {
    state,
    newsAt: kept?.newsAt ?? 0,
    newsOf: kept?.newsOf ?? { measures: 0, activity: 0, nights: 0 },
    told: isWell ? toldBy(state.categories) : [],
  };
}
