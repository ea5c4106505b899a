import type { Logins } from './account/logins.ts';
import type { Changes } from './changes.ts';
import type { Clients } from './clients.ts';
import type { Clock } from './clock.ts';
import type { WeighIns } from './data/measures/weigh-ins.ts';
import type { Notices } from './notify/notices.ts';
import type { Fetch } from './notify/outbox.ts';
import type { Subscriptions } from './notify/subscriptions.ts';
import type { Codes } from './oauth2/codes.ts';
import type { Nonces } from './oauth2/nonces.ts';
import type { Pairs } from './oauth2/pairs.ts';
import type { People } from './people.ts';
import type { Random } from './secrets.ts';
import type { Api } from './wire/api.ts';
import type { CallLog } from './wire/call-log.ts';
import type { Counters } from './wire/counters.ts';
import type { Faults } from './wire/faults.ts';
import type { Guard } from './wire/guard.ts';

/** The simulated Withings: every part that a route may need. */
export interface World {
  api: Api;
  callLog: CallLog;
  changes: Changes;
  clients: Clients;
  clock: Clock;
  codes: Codes;
  counters: Counters;
  faults: Faults;
  fetch: Fetch;
  guard: Guard;
  logins: Logins;
  nonces: Nonces;
  notices: Notices;
  pairs: Pairs;
  people: People;
  /** The names that it is reached by, with or without a port: pages there may use the controls. */
  ownHosts: readonly string[];
  random: Random;
  subscriptions: Subscriptions;
  weighIns: WeighIns;
}
