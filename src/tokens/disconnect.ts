import { type Grant, userIdOf } from '../store/grant.ts';
import type { Store } from '../store/store.ts';
import type { Withings } from '../withings/client.ts';

export interface DisconnectParts {
  store: Pick<Store, 'readGrant' | 'eraseGrant'>;
  withings: Pick<Withings, 'cloud' | 'revoke' | 'removalPage'>;
  /** Ends what revoking would have ended as well: subscriptions to notifications, where there are any. */
  unsubscribe: ((grant: Grant) => Promise<unknown>) | null;
}

export interface Disconnected {
  /** Withings has ended its side too. */
  revoked: boolean;
  /** `revoked`, or the code of what was in the way. */
  outcome: string;
  /** Withings' own page for doing that by hand; null: it is in the other cloud, where we are another application. */
  removalPage: string | null;
}

/** Ends a connection. Erases here first, so that nothing Withings does or fails to do can keep the tokens; then revokes there. */
export type Disconnect = (id: string) => Promise<Disconnected>;

export function createDisconnect({ store, withings, unsubscribe }: DisconnectParts): Disconnect {
  return async (id) => {
    const grant = await store.readGrant(id).catch(() => null); // leaving needs no key to the tokens
    await store.eraseGrant(id);
    // The same user id may be somebody else in the other cloud.
    if (!id.startsWith(`${withings.cloud}:`))
      return { revoked: false, outcome: 'other-cloud', removalPage: null };
    const userId = userIdOf(id);
    const revoked = await withings.revoke(userId);
    if (!revoked.ok && grant) await unsubscribe?.(grant);
    return {
      revoked: revoked.ok,
      outcome: revoked.ok ? 'revoked' : revoked.refusal.code,
      removalPage: withings.removalPage(userId),
    };
  };
}
