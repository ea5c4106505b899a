import type { Grant } from '../store/grant.ts';
import { isUsable } from '../tokens/state.ts';
import type { Withings } from '../withings/client.ts';
import type { Address } from './address.ts';
import { categoriesFor } from './categories.ts';

export interface UnsubscribeParts {
  withings: Pick<Withings, 'refresh' | 'subscriptions' | 'unsubscribe'>;
  address: Pick<Address, 'all' | 'isOurs'>;
  now: () => number;
}

/**
 * Ends all subscriptions that lead here, under whatever secret, of someone who has disconnected and waits for it. What
 * fails stays at Withings: it goes on calling, and the inbox drops what is about somebody whom we do not know.
 *
 * @param grant as it was; it is erased here, so that its refresh token may be spent without custody
 */
export async function unsubscribeAll(parts: UnsubscribeParts, grant: Grant): Promise<void> {
  const { withings, address, now } = parts;
  const accessToken = isUsable(grant, now()) ? grant.accessToken : await lastToken(withings, grant);
  if (accessToken === null) return;
  const listed = await withings.subscriptions(accessToken);
  // Withings lists them once in ten seconds; where it has just done so, what there should be is ended unseen.
  const ours = listed.ok
    ? listed.value.filter(({ callbackUrl }) => address.isOurs(callbackUrl))
    : categoriesFor(grant.scope).flatMap((appli) =>
        address.all.map((callbackUrl) => ({ appli, callbackUrl })),
      );
  for (const subscription of ours) await withings.unsubscribe(accessToken, subscription);
}

async function lastToken(
  withings: Pick<Withings, 'refresh'>,
  { refreshToken }: Grant,
): Promise<string | null> {
  const pair = await withings.refresh(refreshToken);
  return pair.ok ? pair.value.accessToken : null;
}
