import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Encryption } from '../encryption.ts';
import { dueAt, type Grant, type GrantContent, readGrantContent, writeGrantContent } from '../grant.ts';
import { CLAIM_MS, type NewSession, type Store } from '../store.ts';
import { redisAttempts } from './attempts.ts';
import { connectRedis } from './connection.ts';
import { redisKeys } from './keys.ts';
import { redisPubSub } from './pubsub.ts';
import { checkAtStart } from './startup-checks.ts';
import { redisSubscriptions } from './subscriptions.ts';
import { ttlOf } from './ttl.ts';

export interface RedisOptions {
  url: string;
  encryption: Encryption;
  /** Milliseconds since 1970: how long the server keeps a record is counted from here. */
  now: () => number;
  /** Sets this program's names apart from others in the same Redis. */
  tag: string;
  /** For tests: a clock for leases and paces in place of the server's. Milliseconds. */
  serverClock?: () => number;
}

const HOUR = 3_600_000;

/**
 * The store of several instances: one primary Redis or Valkey. Leases run by the server's clock.
 *
 * @returns the store, and in one line what this server promises
 * @throws RedisError when it cannot be reached, would lose tokens by design, or belongs to other secrets
 */
export async function openRedisStore(options: RedisOptions): Promise<{ store: Store; durability: string }> {
  const { url, encryption, now, tag, serverClock } = options;
  const keys = redisKeys(tag, url);
  const redis = await connectRedis(url, keys.prefix);
  try {
    // We listen first and look for a move afterwards; a move does it the other way round. One of us sees the other.
    const pubsub = await redisPubSub(redis, keys, encryption);
    const durability = await checkAtStart(redis, keys, encryption);
    if (durability.waitForFile) await redis.waitForFile();
    return { durability: durability.words, store: { ...createStore(), pubsub } };
  } catch (error) {
    redis.close();
    throw error;
  }

  function clock() {
    return serverClock ? Math.floor(serverClock()) : '';
  }

  function ttlUntil(at: number): number {
    return ttlOf(at, now());
  }

  function row({ key, data, idleUntil, endsAt }: NewSession) {
    return [key, data, idleUntil, endsAt, ttlUntil(idleUntil)] as const;
  }

  function opened(id: string, [writeId, sealed, leased]: [string, string, string]): Grant {
    const content = readGrantContent(encryption.open(sealed, `grant|${id}`));
    return { ...content, id, writeId, leased: leased === '1' };
  }

  function sealed(id: string, content: GrantContent) {
    const writeId = randomBytes(16).toString('base64url');
    const text = encryption.seal(writeGrantContent(content), `grant|${id}`);
    return { writeId, fields: [writeId, text, dueAt(content)] };
  }

  function createStore(): Omit<Store, 'pubsub'> {
    return {
      ...redisAttempts(redis, keys, ttlUntil),
      ...redisSubscriptions(redis, keys),

      async readSession(key, at) {
        const [data, id, ...grant] = sessionRow.parse(await redis.run('readSession', key, at, clock()));
        if (data === undefined) return null;
        if (id === undefined) return { data, grantId: null, grant: () => null };
        return { data, grantId: id, grant: () => opened(id, grantRow.parse(grant)) };
      },
      updateSession: async (key, data) => (await redis.run('updateSession', key, data)) === 1,
      async touchSession(key, idleUntil) {
        await redis.run('touchSession', key, idleUntil);
      },
      async endSession(key) {
        await redis.runDurably('endSession', key);
      },
      removeExpired: async (at, limit) => (await redis.run('removeExpired', at, at - HOUR, limit)) === 1,

      async readGrant(id) {
        const found = sessionRow.parse(await redis.run('readGrant', id, clock()));
        return found.length === 0 ? null : opened(id, grantRow.parse(found));
      },
      async readWriteId(id) {
        return z
          .string()
          .nullable()
          .parse(await redis.command('HGET', keys.grant(id), 'w'));
      },
      async writeGrant(id, writeId, change, leaseMs) {
        const next = sealed(id, change);
        const written = await redis.runDurably('writeGrant', id, writeId, ...next.fields, leaseMs, clock());
        return written === 1 ? { ...change, id, writeId: next.writeId, leased: leaseMs > 0 } : null;
      },
      claimDueGrants: async (at, limit) =>
        sessionRow.parse(await redis.run('claimDueGrants', at, at + HOUR, at + CLAIM_MS, limit, clock())),
      async eraseGrant(id) {
        await redis.runDurably('eraseGrant', id);
      },

      async signIn({ grant: { id, expected, content }, session, replaces, attempt }) {
        const change = [id, expected, ...sealed(id, content).fields, ...row(session), replaces] as const;
        return (await redis.runDurably('signIn', ...change, attempt, CONNECTED)) === 1;
      },
      beginSession: async (id, session) =>
        (await redis.runDurably('beginSession', id, ...row(session))) === 1,
      transferSession: async (key, at, session, replaces) =>
        (await redis.runDurably('transferSession', key, at, ...row(session), replaces)) === 1,

      takeCall: async (spacingMs, atOnce) => Number(await redis.run('pace', spacingMs, atOnce, clock())),

      async ping() {
        await redis.command('PING');
      },
      close: () => redis.close(),
    };
  }
}

const CONNECTED = '{"kind":"connected"}';
const sessionRow = z.array(z.string());
const grantRow = z.tuple([z.string(), z.string(), z.string()]);
