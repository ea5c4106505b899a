import { z } from 'zod';
import { MAX_REVOCATION_LEASE_MS, type OutboxStore, type Revocation } from '../outbox.ts';
import type { StoreKey } from '../store-key.ts';
import type { Connection } from './connection.ts';
import { script, unguardedScript } from './script.ts';

export function redisOutbox(redis: Connection, { openPerson }: StoreKey): OutboxStore {
  const read = (answer: unknown): Revocation[] =>
    claimed.parse(answer).map(([id, person, since, tries]) => ({
      ...{ id, since, tries },
      person: openPerson(id, person),
    }));
  return {
    claimRevocations: async (issuer, now, leaseMs, limit) =>
      read(await redis.run(CLAIM_REVOCATIONS, issuer, now, now + leaseMs, limit)),

    async claimRevocation(id, now, leaseMs) {
      const latest = now + MAX_REVOCATION_LEASE_MS;
      return read(await redis.run(CLAIM_REVOCATION, id, now, now + leaseMs, latest))[0] ?? null;
    },

    async settleRevocation(id, settled) {
      const [outcome, dueAt] = typeof settled === 'object' ? [null, settled.dueAt] : [settled, null];
      await redis.run(SETTLE_REVOCATION, id, dueAt, outcome);
    },

    revocationsUnderWay: async (now) =>
      z.array(z.string()).parse(await redis.run(UNDER_WAY, now, now + MAX_REVOCATION_LEASE_MS)),
  };
}

const claimed = z.array(z.tuple([z.string(), z.string(), z.coerce.number(), z.coerce.number()]));

/** @param now, until: names of Lua variables */
const CLAIM = `
local function claim(id, now, till)
  local person = p .. 'p:' .. id
  redis.call('HSETNX', person, 'f', now)
  redis.call('HINCRBY', person, 't', 1)
  redis.call('HSET', person, 'n', till)
  redis.call('ZADD', p .. 'people', till, id)
  local fields = redis.call('HMGET', person, 'w', 'f', 't')
  return { id, fields[1], fields[2], fields[3] }
end
`;

/** issuer, now, under way until, limit → id, person, since, tries of each. Those of other issuers wait. */
const CLAIM_REVOCATIONS = script(`${CLAIM}
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', p .. 'people', '-inf', ARGV[2])) do
  if #found == tonumber(ARGV[4]) then break end
  if redis.call('HGET', p .. 'p:' .. id, 'i') == ARGV[1] then table.insert(found, claim(id, ARGV[2], ARGV[3])) end
end
return found`);

/** id, now, under way until, the latest that anything is → the same, of one or none. */
const CLAIM_REVOCATION = script(`${CLAIM}
if not isLeft(ARGV[1]) then return {} end
local till = tonumber(redis.call('HGET', p .. 'p:' .. ARGV[1], 'n') or '0')
if till > tonumber(ARGV[2]) and till <= tonumber(ARGV[4]) then return {} end
return { claim(ARGV[1], ARGV[2], ARGV[3]) }`);

/** id, due at or nothing, what came of it. */
const SETTLE_REVOCATION = script(`
if not isLeft(ARGV[1]) then return 0 end
if ARGV[2] == '' then
  forgetPerson(ARGV[1])
  for _, key in ipairs(redis.call('SMEMBERS', p .. 'x:' .. ARGV[1])) do
    if redis.call('HDEL', p .. 'e:' .. key, 'g') == 1 then redis.call('HSET', p .. 'e:' .. key, 'z', ARGV[3]) end
  end
  redis.call('DEL', p .. 'x:' .. ARGV[1])
else
  redis.call('HSET', p .. 'p:' .. ARGV[1], 'n', '0')
  redis.call('ZADD', p .. 'people', ARGV[2], ARGV[1])
end
return 1`);

/** now, the latest that anything is under way → ids. */
const UNDER_WAY = unguardedScript(`
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', p .. 'people', '(' .. ARGV[1], ARGV[2])) do
  local till = redis.call('HGET', p .. 'p:' .. id, 'n')
  if till and tonumber(till) == tonumber(redis.call('ZSCORE', p .. 'people', id)) then table.insert(found, id) end
end
return found`);
