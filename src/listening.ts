import { setTimeout as timeout } from 'node:timers/promises';
import type { Config } from './config.ts';
import type { Clocks, Keeping } from './keeping.ts';
import type { Log } from './operations/logging.ts';
import { hashed } from './session/keys.ts';
import type { Store } from './session/store.ts';
import { lookIntoFarewell } from './tokens/farewell.ts';
import { type Address, createAddress } from './webhooks/address.ts';
import { createInbox, type Inbox } from './webhooks/inbox.ts';
import { readState } from './webhooks/state.ts';
import { createSubscriber, type Subscriber } from './webhooks/subscriber.ts';

/** Withings' notifications: who hears them, and what is known of them. */
export interface Listening {
  address: Address;
  inbox: Inbox;
  subscriber: Subscriber;
  newsOf: (grantId: string) => ReturnType<typeof readState>;
  heardAt: (grantId: string) => Promise<number>;
}

/** @param secrets for the address that Withings calls, newest first */
export function createListening(
  config: Config,
  secrets: string[],
  store: Store,
  { grants, withings, report }: Keeping,
  { now, sleep }: Clocks,
  log: Log,
): Listening {
  const address = createAddress(config.publicUrl, secrets);
  const parts = { store, grants, withings, now, report, sweepSeconds: config.sweepSeconds };
  return {
    address,
    inbox: createInbox({
      ...parts,
      lookIntoFarewell: (id) => lookIntoFarewell(parts, id),
      cloud: config.withings.cloud,
      sleep: (ms, signal) => timeout(ms, undefined, { signal }),
      tell: (id, appli, outcome) => log.info({ grant: hashed(id), appli, outcome }, 'notification'),
    }),
    subscriber: createSubscriber({ ...parts, address, sleep }),
    newsOf: (id) => readState(store, id),
    heardAt: async (id) => (await store.readSubscriptions(id))?.heardAt ?? 0,
  };
}
