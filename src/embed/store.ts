import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { databaseUrl, redisUrl } from '../config/formats.ts';
import { createEncryption } from '../store/encryption.ts';
import { deriveKeys } from '../store/keys.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import type { Store } from '../store/store.ts';
import { WRONG_SECRET } from '../store/store-key.ts';
import { clocks } from '../time/clocks.ts';

export interface StoreOptions {
  /** At least 32 random characters each; the first seals, all open. */
  secrets: string[];
}

/** What the app's own records are called in a Redis or PostgreSQL: npm run status, backup and migrate-store find them. */
const TAG = 'withings-connect';

/**
 * Opens the store at an address: `sqlite:DIR`, one file in that folder for all processes of this host, at once; or a
 * Redis (`redis://…`) or PostgreSQL (`postgres://…`) for several hosts, which is to be awaited.
 *
 * @throws TypeError for an address or secrets that cannot work; Error, with words for the operator, when the store
 *   cannot be reached, would lose tokens by design, or belongs to other secrets or to a newer version
 */
export function openStore(address: `sqlite:${string}`, options: StoreOptions): Store;
export function openStore(address: string, options: StoreOptions): Store | Promise<Store>;
export function openStore(address: string, options: StoreOptions): Store | Promise<Store> {
  const secrets: unknown = options?.secrets;
  if (!Array.isArray(secrets) || secrets.length === 0 || !secrets.every(isLong)) {
    throw new TypeError('openStore: secrets must be a list of texts of at least 32 random characters each');
  }
  const encryption = createEncryption(deriveKeys(secrets).seal);
  const [, dir] = /^sqlite:(.+)$/.exec(address) ?? [];
  if (dir !== undefined) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    try {
      return openSqliteStore(join(dir, 'connect.db'), encryption, clocks.monotonic);
    } catch (error) {
      throw inOurWords(error);
    }
  }
  const parts = { url: address, encryption, tag: TAG };
  if (isOf(redisUrl, /^rediss?:/, address)) {
    return import('../store/redis/store.ts')
      .then(({ openRedisStore }) => openRedisStore({ ...parts, now: clocks.now }))
      .then(storeOf, refuseInOurWords);
  }
  if (isOf(databaseUrl, /^postgres(ql)?:/, address)) {
    return import('../store/postgres/store.ts')
      .then(({ openPostgresStore }) => openPostgresStore(parts))
      .then(storeOf, refuseInOurWords);
  }
  throw new TypeError(
    "openStore: the address must be 'sqlite:./data', 'redis://host:6379' or 'postgres://user:password@host:5432/database'",
  );
}

function isLong(secret: unknown): boolean {
  return typeof secret === 'string' && secret.length >= 32;
}

/** @throws TypeError for one of that scheme that is written wrong; the words never show its password */
function isOf(format: typeof redisUrl, scheme: RegExp, address: string): boolean {
  if (!scheme.test(address)) return false;
  const { error } = format.safeParse(address);
  if (error)
    throw new TypeError(`openStore: the address ${error.issues.map(({ message }) => message).join('; ')}`);
  return true;
}

function storeOf({ store }: { store: Store }): Store {
  return store;
}

function refuseInOurWords(error: unknown): never {
  throw inOurWords(error);
}

/** Where the app speaks of its setting, the application has an option. */
function inOurWords(error: unknown): unknown {
  if (error instanceof Error) error.message = error.message.replace(WRONG_SECRET, WRONG_SECRETS);
  return error;
}

const WRONG_SECRETS =
  'openStore: none of the secrets is the one under which this store was filled: list that one too, behind the new one.';
