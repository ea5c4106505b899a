import { boundSessions } from '../bound-sessions.ts';
import { markedWords } from '../copy/mark.ts';
import type { Encryption } from '../encryption.ts';
import type { OpeningOptions, Store } from '../store.ts';
import type { StoreKey } from '../store-key.ts';
import { NEEDS_ROOM, PROBE, postgresAttempts } from './attempts.ts';
import { postgresCallCounts } from './call-counts.ts';
import { createClient, type Postgres, schemaFor } from './client.ts';
import { classifyAll, postgresConnections } from './connections.ts';
import { readDurability } from './durability.ts';
import { postgresEndings } from './endings.ts';
import { unfit } from './errors.ts';
import { postgresExpiry } from './expiry.ts';
import { postgresGrants } from './grants.ts';
import { readPostgresMark } from './mark.ts';
import { postgresOutbox } from './outbox.ts';
import { postgresPubSub } from './pubsub.ts';
import { postgresRateLimit } from './rate-limit.ts';
import { postgresRestored } from './restored.ts';
import { migrate, readStoreKey } from './schema.ts';
import { postgresSessions } from './sessions.ts';
import { postgresSubscriptions } from './subscriptions.ts';
import { postgresTimezones } from './timezones.ts';

export interface PostgresOptions extends OpeningOptions {
  url: string;
  encryption: Encryption;
  /** Sets this program's tables apart from others in the same database. */
  tag: string;
  /** For tests: a clock for leases and the rate limit in place of the server's. Milliseconds. */
  serverClock?: () => number;
}

/** What each part of the store in PostgreSQL is built of. */
export interface PostgresParts {
  db: Postgres;
  encryption: Encryption;
  /** What statements take for the time: null is the server's own clock. */
  clock: () => number | null;
  /** Tells the other processes that anything about a grant has changed. */
  announce: (grantId: string) => void;
}

/** A page must say within a second that the store is away. */
const ANSWER_WITHIN_MS = 800;

/**
 * The store of several instances: one primary PostgreSQL. Leases run by the server's clock.
 *
 * @returns the store, and in one line how durable this server is
 * @throws PostgresError when it cannot be reached, would lose tokens by design, or belongs to other secrets or to a newer version
 */
export async function openPostgresStore(
  options: PostgresOptions,
): Promise<{ store: Store; durability: string; durable: boolean }> {
  const { url, encryption, tag, serverClock, onForged = () => {} } = options;
  const schema = schemaFor(tag);
  let isFull = false;
  const onDiskFull = () => {
    isFull = true;
  };
  const db = createClient({ url, schema, timeoutMs: ANSWER_WITHIN_MS, onDiskFull });
  try {
    await unhurried(url, schema, (patient) => migrate(patient, schema));
    const mark = await readPostgresMark(db);
    if (mark !== null) throw unfit(markedWords(mark));
    const key = await readStoreKey(db, encryption);
    await unhurried(url, schema, (patient) => classifyAll(patient, encryption));
    const pubsub = await postgresPubSub(db, { url, schema, encryption });
    const isDirect = await pubsub.works();
    const durability = await readDurability(db, !isDirect).catch((error) => {
      pubsub.close();
      throw error;
    });
    if (isDirect) db.prepareStatements();
    else pubsub.close();
    const announce = isDirect ? pubsub.announce : () => {};
    const parts: PostgresParts = { db, encryption, announce, clock: () => serverClock?.() ?? null };
    const close = () => {
      pubsub.close();
      db.close();
    };
    const probe = async () => {
      await db.run(PROBE);
      if (!isFull) return;
      await db.run(NEEDS_ROOM); // a row that is written over finds its own where others find none
      isFull = false;
    };
    const store = { ...createStore(parts, key, onForged), probe, pubsub: isDirect ? pubsub : null, close };
    return { durability, durable: true, store };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A step over millions of rows takes longer than a page may. */
async function unhurried(url: string, schema: string, work: (db: Postgres) => Promise<void>): Promise<void> {
  const db = createClient({ url, schema, timeoutMs: 10 * 60_000, connections: 1 });
  await work(db).finally(() => db.close());
}

function createStore(
  parts: PostgresParts,
  key: StoreKey,
  onForged: () => void,
): Omit<Store, 'probe' | 'pubsub' | 'close'> {
  return {
    encryption: parts.encryption,
    ...boundSessions({ ...postgresSessions(parts, key), ...postgresEndings(parts) }, key, onForged),
    ...postgresGrants(parts, key),
    ...postgresOutbox(parts, key),
    ...postgresAttempts(parts),
    ...postgresSubscriptions(parts),
    ...postgresTimezones(parts),
    ...postgresRestored(parts),
    ...postgresRateLimit(parts),
    ...postgresCallCounts(parts),
    ...postgresExpiry(parts),
    ...postgresConnections(parts),
  };
}
