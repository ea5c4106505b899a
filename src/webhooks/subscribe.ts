import type { DataCalls } from '../withings/data-calls.ts';
import type { Refusal, Result } from '../withings/errors.ts';
import type { Address } from './address.ts';
import { categoriesFor } from './categories.ts';

/** Makes a call with the access token of one person. */
export type Use = <T>(call: (accessToken: string) => Promise<Result<T>>) => Promise<Result<T>>;

/**
 * Subscribes to what these scopes allow and is missing, and then ends what leads to an older address of ours. Resolves
 * to the categories that are subscribed to, and what was in the way of the others.
 */
export async function subscribe(
  use: Use,
  withings: Pick<DataCalls, 'subscriptions' | 'subscribe' | 'unsubscribe'>,
  { current, isOurs }: Pick<Address, 'current' | 'isOurs'>,
  scope: string[],
): Promise<{ categories: number[]; refusal: Refusal | null }> {
  const listed = await use((token) => withings.subscriptions(token));
  if (!listed.ok) return { categories: [], refusal: listed.refusal };
  const categories = listed.value
    .filter(({ callbackUrl }) => callbackUrl === current)
    .map(({ appli }) => appli);
  for (const appli of categoriesFor(scope).filter((each) => !categories.includes(each))) {
    const made = await use((token) => withings.subscribe(token, { appli, callbackUrl: current }));
    if (!made.ok) return { categories, refusal: made.refusal };
    categories.push(appli);
  }
  // Only now: between the two addresses no news falls through.
  const old = listed.value.filter(({ callbackUrl }) => isOurs(callbackUrl) && callbackUrl !== current);
  for (const subscription of old) await use((token) => withings.unsubscribe(token, subscription));
  return { categories, refusal: null };
}
