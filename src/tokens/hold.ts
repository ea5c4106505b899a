import type { RestoredStore } from '../store/restored.ts';
import type { RateLimit } from '../withings/rate-limit.ts';

/** Whether this store is held (store/restored.ts). One that was in use once stays so for as long as this program runs. */
export type IsHeld = () => Promise<boolean>;

export function createHold(store: Pick<RestoredStore, 'heldSince'>): IsHeld {
  let isInUse = false;
  return async () => {
    isInUse ||= (await store.heldSince()) === null;
    return !isInUse;
  };
}

const ASK_AGAIN_MS = 60_000;

/** Gives no turn while the store is held, or cannot say: no call of any kind reaches Withings. */
export function unlessHeld(isHeld: IsHeld, rateLimit: RateLimit): RateLimit {
  return async (wanted) => ((await isHeld().catch(() => true)) ? ASK_AGAIN_MS : rateLimit(wanted));
}
