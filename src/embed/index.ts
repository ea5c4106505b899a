export { Problem, type ProblemCode } from '../problems/catalogue.ts';
export type { Connection } from '../problems/connection.ts';
export type { ConnectionState } from '../store/connections.ts';
export { DecryptionError } from '../store/encryption.ts';
export type { Grant } from '../store/grant.ts';
export { PostgresError } from '../store/postgres/errors.ts';
export { RedisError } from '../store/redis/errors.ts';
export type { Service, Store } from '../store/store.ts';
export { type Clocks, clocks } from '../time/clocks.ts';
export type { Disconnected } from '../tokens/disconnect.ts';
export { createWithings, type Withings, type WithingsOptions } from '../withings/client.ts';
export type {
  ActivityDay,
  Attribution,
  Device,
  Goals,
  List,
  Measure,
  Night,
  Recording,
  Stages,
  Workout,
} from '../withings/data/records.ts';
export type { Refusal, RefusalCode, Remedy, Result } from '../withings/errors.ts';
export type { NewUser, Order } from '../withings/partner.ts';
export type { Account } from './account.ts';
export type { Days, Moments } from './call-checks.ts';
export { type Connect, createConnect } from './connect.ts';
export type { ConnectEvents } from './events.ts';
export type { Page } from './list.ts';
export type { ConnectOptions } from './options.ts';
export type { Answer, Reads } from './reads.ts';
export { openStore, type StoreOptions } from './store.ts';
