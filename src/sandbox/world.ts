import type { Api } from './api.ts';
import type { Clients } from './clients.ts';
import type { Clock } from './clock.ts';
import type { Codes } from './codes.ts';
import type { Counters } from './counters.ts';
import type { Faults } from './faults.ts';
import type { Guard } from './guard.ts';
import type { Logins } from './logins.ts';
import type { Nonces } from './nonces.ts';
import type { Pairs } from './pairs.ts';
import type { Random } from './secrets.ts';
import type { WeighIns } from './weigh-ins.ts';

/** The parts the routes are made of. */
export interface World {
  api: Api;
  clients: Clients;
  clock: Clock;
  codes: Codes;
  counters: Counters;
  faults: Faults;
  guard: Guard;
  logins: Logins;
  nonces: Nonces;
  pairs: Pairs;
  random: Random;
  weighIns: WeighIns;
}
