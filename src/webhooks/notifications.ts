import { setTimeout as timeout } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { Log } from '../operations/logging.ts';
import { hashed } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import type { Clocks, Custody } from '../tokens/custody.ts';
import { checkUnlinked } from '../tokens/unlinked.ts';
import { type Address, createAddress } from './address.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { readState } from './state.ts';
import { createSubscriber, type Subscriber } from './subscriber.ts';

/** Withings' notifications: who hears them, and what is known of them. */
export interface Notifications {
  address: Address;
  inbox: Inbox;
  subscriber: Subscriber;
  newsOf: (grantId: string) => ReturnType<typeof readState>;
  newsAt: (grantId: string) => Promise<number>;
}

/** @param secrets for the address that Withings calls, newest first */
export function createNotifications(
  config: Config,
  secrets: string[],
  store: Store,
  { grants, withings, onError }: Custody,
  { now, sleep }: Clocks,
  log: Log,
): Notifications {
  const address = createAddress(config.publicUrl, secrets);
  const parts = { store, grants, withings, now, onError, sweepSeconds: config.sweepSeconds };
  return {
    address,
    inbox: createInbox({
      ...parts,
      checkUnlinked: (id) => checkUnlinked(parts, id),
      sleep: (ms, signal) => timeout(ms, undefined, { signal }),
      onHandled: (id, appli, outcome) => log.info({ grant: hashed(id), appli, outcome }, 'notification'),
    }),
    subscriber: createSubscriber({ ...parts, address, sleep }),
    newsOf: (id) => readState(store, id),
    newsAt: async (id) => (await store.readSubscriptions(id))?.newsAt ?? 0,
  };
}
