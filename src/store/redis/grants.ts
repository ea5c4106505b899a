import { z } from 'zod';
import type { Issuer } from '../../withings/clouds.ts';
import type { ConnectionClass } from '../connections.ts';
import type { Encryption } from '../encryption.ts';
import type { Grant } from '../grant.ts';
import { type Claim, DUE, type GrantStore, OLD, OTHERS_WAIT_MS } from '../grants.ts';
import { classOfSealed, openGrant, sealGrant } from '../sealed-grant.ts';
import type { StoreKey } from '../store-key.ts';
import type { RedisParts } from './connection.ts';
import { script, unguardedScript } from './script.ts';

export function redisGrants(
  { redis, keys, encryption, clock }: RedisParts,
  { grantIdOf }: StoreKey,
): GrantStore {
  /** @param index of those that are due, and of those that are due later than anything is: from a clock that was ahead */
  async function claim(
    index: string,
    issuer: Issuer,
    now: number,
    limit: number,
    { withinMs, claimMs }: Claim,
  ) {
    const times = [now, now + withinMs, now + claimMs, now + OTHERS_WAIT_MS] as const;
    const claimed = await redis.run(CLAIM_GRANTS, index, ...times, limit, clock(), issuer);
    return z.array(z.string()).parse(claimed);
  }

  return {
    grantIdOf,

    async readGrant(id) {
      const row = grantRow.or(z.tuple([])).parse(await redis.run(READ_GRANT, id, clock()));
      return row.length === 0 ? null : readGrantRow(id, row, encryption);
    },

    async readWriteId(id) {
      return z
        .string()
        .nullable()
        .parse(await redis.command('HGET', keys.grant(id), 'w'));
    },

    async writeGrant(id, writeId, change, leaseMs) {
      const next = sealGrant(id, change, encryption);
      const { restored = false } = change;
      const kept = [next.dueAt, next.renewAt, classesOf(next), next.openSince] as const;
      const record = [next.writeId, next.sealed, ...kept] as const;
      const isSettled = restored ? '' : '1';
      const written = await redis.run(WRITE_GRANT, id, writeId, ...record, leaseMs, clock(), isSettled);
      return written === 1 ? { ...change, id, writeId: next.writeId, leased: leaseMs > 0, restored } : null;
    },

    claimDueGrants: (issuer, now, limit) => claim('grants-due', issuer, now, limit, DUE),
    claimOldGrants: (issuer, now, limit) => claim('grants-to-renew', issuer, now, limit, OLD),

    async eraseGrant(id, now) {
      await redis.run(ERASE_GRANT, id, now);
    },
  };
}

/** What the index of each key's records begins with. */
export const SEALED = 'sealed:';

/** The indexes that have this grant, as the scripts take them. */
export function classesOf({ state, demo, sealed }: ConnectionClass & { sealed: string }): string {
  const [key = ''] = sealed.split('.');
  return [`state:${state}`, `${SEALED}${key}`, ...(demo ? [`demo:${state}`] : [])].join(' ');
}

/** What follows from what is sealed, as the copy puts it. */
export function classFields({ id, sealed }: { id: string; sealed: string }, encryption: Encryption) {
  const found = classOfSealed(id, sealed, encryption);
  return { classes: classesOf({ ...found, sealed }), open_since: found.openSince };
}

/** Write-id, sealed, leased, restored. */
export const grantRow = z.tuple([z.string(), z.string(), z.enum(['0', '1']), z.enum(['0', '1'])]);

export function readGrantRow(
  id: string,
  [writeId, sealed, leased, restored]: z.infer<typeof grantRow>,
  encryption: Encryption,
): Grant {
  return {
    ...openGrant(id, sealed, encryption),
    id,
    writeId,
    leased: leased === '1',
    restored: restored === '1',
  };
}

/** id, clock → write-id, sealed, leased, restored; nothing when there is none. */
const READ_GRANT = unguardedScript(`
local g = redis.call('HMGET', p .. 'g:' .. ARGV[1], 'w', 's')
if not g[1] then return {} end
return { g[1], g[2], isLeased(ARGV[1], hostNow(ARGV[2])) and '1' or '0', isRestored(ARGV[1]) }`);

/**
 * id, expected write-id, new write-id, sealed, due at, renew at, classes, open since, lease in ms, clock, no longer
 * restored → 1 if it was written. Two changes make
 * a transaction in Redis' file: where a crash of the host tore one before, Redis leaves its beginning standing, and
 * throws away with it, at its next start, all that follows up to the end of a transaction.
 */
const WRITE_GRANT = script(`
local g = p .. 'g:' .. ARGV[1]
if redis.call('HGET', g, 'w') ~= ARGV[2] then return 0 end
local lease = tonumber(ARGV[9])
local till = lease == 0 and '0' or num(hostNow(ARGV[10]) + lease)
redis.call('HSET', g, 'w', ARGV[3], 's', ARGV[4])
redis.call('HSET', g, 'l', till, 'm', ARGV[9])
index('grants-due', ARGV[1], ARGV[5])
planRenewal(ARGV[1], ARGV[6])
classify(ARGV[1], ARGV[7], ARGV[8])
if ARGV[11] == '1' then settleRestored(ARGV[1]) end
announce(ARGV[1])
return 1`);

/** index, now, the latest that is in it, claimed until, others until, limit, clock, issuer → ids that nobody has a lease on. */
const CLAIM_GRANTS = script(`
local name, limit, now = ARGV[1], tonumber(ARGV[6]), hostNow(ARGV[7])
local ids = redis.call('ZRANGEBYSCORE', p .. name, '-inf', ARGV[2], 'LIMIT', 0, limit)
if #ids < limit then
  local ahead = redis.call('ZRANGEBYSCORE', p .. name, '(' .. ARGV[3], '(+inf', 'LIMIT', 0, limit - #ids)
  for _, id in ipairs(ahead) do table.insert(ids, id) end
end
local free = {}
for _, id in ipairs(ids) do
  if not grantExists(id) then
    index(name, id, '')
  elseif redis.call('HGET', p .. 'p:' .. id, 'i') ~= ARGV[8] then
    index(name, id, ARGV[5]) -- out of the way of those that somebody can attend to
  elseif not isLeased(id, now) then
    index(name, id, ARGV[4])
    table.insert(free, id)
  end
end
return free`);

/** id, now. */
const ERASE_GRANT = script(`
for _, key in ipairs(redis.call('SMEMBERS', p .. 'o:' .. ARGV[1])) do
  remember(key, 'disconnected', ARGV[2])
  redis.call('DEL', p .. 's:' .. key)
  redis.call('ZREM', p .. 'ends', ARGV[1] .. ' ' .. key)
end
eraseGrant(ARGV[1])
return 1`);
