import type { Grant } from '../store/grant.ts';
import type { Store } from '../store/store.ts';
import type { Withings } from '../withings/client.ts';
import type { Outbox, Sent } from './outbox.ts';

export interface DisconnectParts {
  store: Pick<Store, 'readGrant' | 'eraseGrant'>;
  withings: Pick<Withings, 'removalPage'>;
  now: () => number;
  outbox: Pick<Outbox, 'send'>;
  /** Ends what revoking would have ended as well: subscriptions to notifications, where there are any. */
  unsubscribe: ((grant: Grant) => Promise<unknown>) | null;
  /** Told when what ends was a connection until now: not lost before, and not ended meanwhile. */
  onDisconnected?: () => void;
}

/** What has happened, and no more. */
export interface Disconnected extends Sent {
  /** Withings' own page for doing that by hand. */
  removalPage: string;
}

/**
 * Ends a connection. Erases here first, so that nothing Withings does or fails to do can keep the tokens; then revokes
 * there. What Withings does not confirm stays in the outbox.
 */
export type Disconnect = (id: string) => Promise<Disconnected>;

export function createDisconnect(parts: DisconnectParts): Disconnect {
  const { store, withings, outbox, now, unsubscribe, onDisconnected } = parts;
  return async (id) => {
    const grant = await store.readGrant(id).catch(() => undefined); // leaving needs no key to the tokens
    await store.eraseGrant(id, now());
    if (grant === undefined || grant?.ended === null) onDisconnected?.();
    const sent = await outbox.send(id);
    if (sent.refusal && grant) await unsubscribe?.(grant);
    return { ...sent, removalPage: withings.removalPage(sent.person?.userId ?? null) };
  };
}
