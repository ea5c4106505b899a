import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createEncryption } from '../store/encryption.ts';
import { deriveKeys } from '../store/keys.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import type { Store } from '../store/store.ts';
import { clocks } from '../time/clocks.ts';

export { Problem } from '../problems/catalogue.ts';
export type { Grant } from '../store/grant.ts';
export type { Store } from '../store/store.ts';
export { clocks } from '../time/clocks.ts';
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
export type { Refusal, Result } from '../withings/errors.ts';
export type { NewUser, Order } from '../withings/partner.ts';
export { type Connect, createConnect } from './connect.ts';
export type { ConnectOptions } from './options.ts';

/**
 * The embedded store: one file in `dataDir`, for any number of processes of this host.
 *
 * @param secrets at least 32 random characters each; the first seals, all open
 */
export function openStore({ dataDir, secrets }: { dataDir: string; secrets: string[] }): Store {
  if (secrets.length === 0 || secrets.some((secret) => secret.length < 32)) {
    throw new Error('openStore needs secrets of at least 32 random characters');
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const encryption = createEncryption(deriveKeys(secrets).seal);
  return openSqliteStore(join(dataDir, 'connect.db'), encryption, clocks.monotonic);
}
