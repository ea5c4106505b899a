import { type Grant, userIdOf } from '../store/grant.ts';
import type { Store } from '../store/store.ts';
import type { Withings } from '../withings/client.ts';
import type { Refusal } from '../withings/errors.ts';

export interface DisconnectParts {
  store: Pick<Store, 'readGrant' | 'eraseGrant'>;
  withings: Pick<Withings, 'revoke' | 'removalPage'>;
  /** Ends what revoking would have ended as well: subscriptions to notifications, where there are any. */
  unsubscribe: ((grant: Grant) => Promise<unknown>) | null;
}

export interface Disconnected {
  /** Why Withings has not ended its side; null: it has. */
  refusal: Refusal | null;
  /** Withings' own page for doing that by hand. */
  removalPage: string;
}

/** Ends a connection. Erases here first, so that nothing Withings does or fails to do can keep the tokens; then revokes there. */
export type Disconnect = (id: string) => Promise<Disconnected>;

export function createDisconnect({ store, withings, unsubscribe }: DisconnectParts): Disconnect {
  return async (id) => {
    const grant = await store.readGrant(id).catch(() => null); // leaving needs no key to the tokens
    await store.eraseGrant(id);
    const userId = userIdOf(id);
    const revoked = await withings.revoke(userId);
    if (!revoked.ok && grant) await unsubscribe?.(grant);
    return { refusal: revoked.ok ? null : revoked.refusal, removalPage: withings.removalPage(userId) };
  };
}
