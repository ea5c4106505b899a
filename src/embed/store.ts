import { mkdirSync } from 'node:fs';
import { z } from 'zod';
import { databaseUrl, isStrong, redisUrl } from '../config/formats.ts';
import { createEncryption } from '../store/encryption.ts';
import { deriveKeys } from '../store/keys.ts';
import { storeFile } from '../store/sqlite/schema.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import type { Store } from '../store/store.ts';
import { WRONG_SECRET } from '../store/store-key.ts';
import { clocks } from '../time/clocks.ts';

export interface StoreOptions {
  /** At least 32 random characters each (`openssl rand -hex 32`); the first seals, all open. */
  secrets: (string | undefined)[];
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
  const { secrets } = checked(storeOptions, options, '');
  const encryption = createEncryption(deriveKeys(secrets).seal);
  if (typeof address !== 'string') throw new TypeError(ADDRESS_WORDS);
  const [, dir] = /^sqlite:(.+)$/s.exec(address) ?? [];
  if (dir !== undefined) {
    checked(folder, dir, 'the address ');
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    try {
      return openSqliteStore(storeFile(dir), encryption, clocks.monotonic);
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
  throw new TypeError(ADDRESS_WORDS);
}

const ADDRESS_WORDS =
  "openStore: the address must be 'sqlite:./data', 'redis://host:6379' or 'postgres://user:password@host:5432/database'";

const SECRETS_WORDS =
  'secrets must be a list of texts of at least 32 random characters each, none of them twice (try: openssl rand -hex 32)';

const storeOptions = z.strictObject(
  {
    secrets: z
      .array(z.string(SECRETS_WORDS).refine(isStrong, SECRETS_WORDS), SECRETS_WORDS)
      .refine((list) => list.length > 0 && new Set(list).size === list.length, SECRETS_WORDS),
  },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? 'takes { secrets } and nothing else' : SECRETS_WORDS,
  },
);

/** What other programs mean by more than that, such as a home folder, a query or memory, is none here. */
const folder = z
  .string()
  .regex(
    /^(?![\s:~]|\/\/|file:)(?!.*(\.db|\.sqlite3?|\s)$)[^?#\p{Cc}]+$/iu,
    "must name a folder, as 'sqlite:./data' or 'sqlite:/var/lib/app' do: no file, no //, no ~, no query, no memory",
  );

/** @throws TypeError for one of that scheme that is written wrong; the words never show its password */
function isOf(format: typeof redisUrl, scheme: RegExp, address: string): boolean {
  if (!scheme.test(address)) return false;
  checked(format, address, 'the address ');
  return true;
}

/** @throws TypeError, whose words show no value */
function checked<T>(format: z.ZodType<T>, value: unknown, what: string): T {
  const { data, error } = format.safeParse(value);
  if (data !== undefined) return data;
  const words = new Set(error?.issues.map(({ message }) => message));
  throw new TypeError(`openStore: ${what}${[...words].join('; ')}`);
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
