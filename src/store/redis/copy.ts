import { z } from 'zod';
import type { Issuer } from '../../withings/clouds.ts';
import { BATCH, type Batch, type CopyableStore, readBatch } from '../copy/contract.ts';
import { lostMark, writeMark } from '../copy/mark.ts';
import type { Encryption } from '../encryption.ts';
import { ENDINGS_KEPT_MS } from '../endings.ts';
import { openClient } from './client.ts';
import { connectRedis } from './connection.ts';
import { CLEAR, PUT, READ, readRedisMark, swapRedisMark } from './copy-scripts.ts';
import { writeToDisk } from './disk.ts';
import { readDurability } from './durability.ts';
import { classFields } from './grants.ts';
import { redisKeys, ttlOf } from './keys.ts';
import { heldSince } from './restored.ts';
import { migrate, refuseNewer } from './schema.ts';
import { checkServer, readStoreKey } from './startup-checks.ts';

export interface RedisCopyOptions {
  url: string;
  tag: string;
  encryption: Encryption;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Who the app speaks to: see renaming.ts. */
  issuer: Issuer;
  /** A server that the app must not use may still be copied from. */
  role: 'source' | 'target';
  isVouched?: boolean;
}

/** Nobody waits for a page here, and a run of minutes must not end for one moment of a busy server. */
const TIMEOUT_MS = 30_000;

/**
 * Opens a store in Redis, whatever mark it has.
 *
 * @throws RedisError when it cannot be reached; code `REDIS_UNFIT`, with words for the operator, when it must not be used
 */
export async function openRedisCopy({
  url,
  tag,
  encryption,
  now,
  issuer,
  role,
  isVouched = false,
}: RedisCopyOptions): Promise<CopyableStore> {
  const keys = redisKeys(tag, url);
  const redis = await connectRedis(url, keys.prefix, (address) => openClient(address, TIMEOUT_MS));
  try {
    await readRedisMark(redis, keys); // says in words what a cluster says in its own
    await refuseNewer(redis, keys);
    if (role === 'target') await checkServer(redis, keys, isVouched);
    const key = await readStoreKey(redis, keys, encryption);
    await migrate(redis, keys, key, { encryption, issuer, now: now() });
  } catch (error) {
    redis.close();
    throw error;
  }

  /** While the store has a mark its indexes stand still, so that a page is found by its rank. */
  async function* pages(kind: keyof typeof PLACES, now: number): AsyncGenerator<Batch> {
    const { index, prefix, due, key, fields } = PLACES[kind];
    const after = kind === 'sessions' ? now : kind === 'endings' ? now - ENDINGS_KEPT_MS : '-inf';
    for (let rank = 0; ; rank += BATCH) {
      const range = [index, after, rank, BATCH] as const;
      const [members, rows] = page.parse(
        await redis.run(READ, ...range, prefix, due, ...Object.keys(fields)),
      );
      if (members === 0) return;
      if (rows.length === 0) continue;
      const names = [key, 'due_at', ...Object.values(fields)];
      yield readBatch(
        kind,
        rows.map((row) =>
          Object.fromEntries(names.map((name, i) => [name, row[i] === 'inf' ? null : row[i]])),
        ),
      );
    }
  }

  return {
    heldSince: () => heldSince(redis, keys),
    readMark: () => readRedisMark(redis, keys),
    swapMark: (from, to) => swapRedisMark(redis, from, to),
    async *records(at) {
      yield readBatch('meta', [{ name: 'key', value: await redis.command('GET', keys.key) }]);
      for (const kind of KINDS) yield* pages(kind, at);
    },
    async put(mark, { kind, rows }) {
      const timed = rows.map((row) => ({
        ...row,
        ...('sealed' in row ? classFields(row, encryption) : {}),
        ttl: ttlOf(endOf(row) ?? now(), now()),
      }));
      held(await redis.run(PUT, writeMark(mark), kind, JSON.stringify(timed)));
    },
    async clear(mark) {
      for (let removed = 1; removed > 0; ) removed = held(await redis.run(CLEAR, writeMark(mark), BATCH));
    },
    sync: async () => (await readDurability(redis, isVouched)).durable || writeToDisk(redis),
    close: () => redis.close(),
  };
}

const page = z.tuple([z.number(), z.array(z.array(z.string().nullable()))]);

/** Every grant is in it. */
const GRANTS = 'subscriptions-due';

/** How the records of a kind are found: by an index, which names them; and which other one has their due time. */
const PLACES = {
  grants: {
    index: GRANTS,
    prefix: 'g:',
    due: 'grants-due',
    key: 'id',
    fields: { w: 'write_id', s: 'sealed' },
  },
  subscriptions: {
    index: GRANTS,
    prefix: 'g:',
    due: GRANTS,
    key: 'grant_id',
    fields: { n: 'state', h: 'news_at' },
  },
  sessions: {
    ...{ index: 'ends', prefix: 's:', due: '', key: 'key' },
    fields: { g: 'grant_id', d: 'data', i: 'idle_until', e: 'ends_at', b: 'bound', v: 'visited_at' },
  },
  people: {
    ...{ index: 'people', prefix: 'p:', due: 'people', key: 'id' },
    fields: { i: 'issuer', w: 'person', f: 'since', t: 'tries' },
  },
  endings: {
    ...{ index: 'endings', prefix: 'e:', due: '', key: 'key' },
    fields: { y: 'why', a: 'at', v: 'visited_at', g: 'grant_id', z: 'outcome' },
  },
  restored: { index: 'restored', prefix: 'g:', due: GRANTS, key: 'grant_id', fields: { w: 'write_id' } },
};
const KINDS = ['grants', 'subscriptions', 'sessions', 'people', 'endings', 'restored'] as const;

/** A grant lives as long as the sessions that own it, which come after it: one that has none goes within the hour. */
function endOf(row: Batch['rows'][number]): number | null {
  return 'idle_until' in row ? row.idle_until : null;
}

function held(answer: unknown): number {
  if (answer === -1) throw lostMark();
  return Number(answer);
}
