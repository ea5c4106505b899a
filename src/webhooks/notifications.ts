import type { Store } from '../store/store.ts';
import type { Custody } from '../tokens/custody.ts';
import { checkUnlinked } from '../tokens/unlinked.ts';
import { type Address, createAddress } from './address.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { readState } from './state.ts';
import { createSubscriber, type Subscriber } from './subscriber.ts';

/** Withings' notifications: who takes them, and what is known of them. */
export interface Notifications {
  address: Pick<Address, 'admits'>;
  inbox: Inbox;
  subscriber: Subscriber;
  /** How a person's subscriptions stand; null where notifications are off. */
  newsOf: (grantId: string) => Promise<Awaited<ReturnType<typeof readState>> | null>;
  /** When Withings last told of news, milliseconds since 1970; 0: never. */
  newsAt: (grantId: string) => Promise<number>;
}

export interface NotificationOptions {
  publicUrl: string;
  /** For the address that Withings calls, newest first. */
  secrets: string[];
  sweepSeconds: number;
  store: Store;
  custody: Pick<Custody, 'withings' | 'grants'>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** What came of each that was about somebody we know. `grant` does not say whose it is. */
  onHandled: (grant: string, appli: number | null, outcome: string) => void;
  onError: (error: unknown) => void;
}

export function createNotifications(options: NotificationOptions): Notifications {
  const { store, sweepSeconds, now, onHandled, onError } = options;
  const { withings } = options.custody;
  const address = createAddress(options.publicUrl, options.secrets);
  const parts = { ...options.custody, store, now, onError };
  return {
    address,
    inbox: createInbox({
      ...parts,
      checkUnlinked: (id, closing) =>
        checkUnlinked({ ...parts, withings: withings.at('background', closing) }, id),
      onHandled,
    }),
    subscriber: createSubscriber({ ...parts, address, sweepSeconds }),
    newsOf: (id) => readState(store, id),
    newsAt: async (id) => (await store.readSubscriptions(id))?.newsAt ?? 0,
  };
}

/** Nobody subscribes, nobody is told of anything, and the address does not exist. */
export const NOTIFICATIONS_OFF: Notifications = {
  address: { admits: () => false },
  inbox: { put() {}, async close() {} },
  subscriber: { start() {}, async wake() {}, async stop() {}, async unsubscribe() {} },
  newsOf: async () => null,
  newsAt: async () => 0,
};
