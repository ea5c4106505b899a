import { z } from 'zod';
import { writeAttemptResult } from '../attempts.ts';
import { ENDINGS_KEPT_MS } from '../endings.ts';
import { sealGrant } from '../sealed-grant.ts';
import {
  type BoundSession,
  ENDLESS_FROM_MS,
  type SessionStore,
  TOUCH_AT_LEAST_MS,
  VISIT_AT_LEAST_MS,
} from '../sessions.ts';
import type { Store } from '../store.ts';
import type { StoreKey } from '../store-key.ts';
import type { RedisParts } from './connection.ts';
import { classesOf, grantRow, readGrantRow } from './grants.ts';
import { script, unguardedScript } from './script.ts';

export function redisSessions(
  { redis, encryption, ttlUntil, clock }: RedisParts,
  { openPerson, sealPerson }: StoreKey,
): SessionStore<BoundSession> {
  const row = ({ key, data, idleUntil, endsAt, bound, visitedAt = null }: BoundSession) =>
    [key, data, idleUntil, endsAt, ttlUntil(idleUntil), bound, visitedAt] as const;

  return {
    async readSession(key, now) {
      const answer = texts.parse(await redis.run(READ_SESSION, key, now, clock()));
      const [data, idle, ends, bound = '', visited = '', id, person = '', ...grant] = answer;
      if (data === undefined) return null;
      const visitedAt = visited === '' ? null : Number(visited);
      const session = { data, idleUntil: Number(idle), endsAt: Number(ends), visitedAt, bound };
      if (id === undefined) return { ...session, grantId: null, person: null, grant: () => null };
      return {
        ...session,
        grantId: id,
        person: person === '' ? null : openPerson(id, person),
        grant: () => readGrantRow(id, grantRow.parse(grant), encryption),
      };
    },

    updateSession: async (key, data) => (await redis.run(UPDATE_SESSION, key, data)) === 1,

    async touchSession(key, { at, idleUntil, isRemembered }) {
      const visit = [at, isRemembered ? VISIT_AT_LEAST_MS : null] as const;
      await redis.run(TOUCH_SESSION, key, idleUntil, TOUCH_AT_LEAST_MS, ...visit);
    },

    async endSession(key) {
      await redis.run(END_SESSION, key);
    },

    async signIn({ grant: { id, expected, content }, session, replaces, attempt }) {
      const next = sealGrant(id, content, encryption);
      const { writeId, sealed, dueAt, renewAt, openSince } = next;
      const person = [content.issuer, sealPerson(id, content)] as const;
      const written = [writeId, sealed, dueAt, renewAt] as const;
      const change = [id, expected, ...written, ...row(session), replaces, ...person] as const;
      const spent = attempt ? [attempt.id, attempt.answer, CONNECTED, ttlUntil(attempt.expiresAt)] : [''];
      const kept = [classesOf(next), openSince] as const;
      return (await redis.run(SIGN_IN, ...kept, ...change, ...spent)) === 1;
    },

    beginSession: async (id, session) => (await redis.run(BEGIN_SESSION, id, ...row(session))) === 1,

    transferSession: async (key, now, session, replaces) =>
      (await redis.run(TRANSFER_SESSION, key, now, ...row(session), replaces)) === 1,

    async readLongestSession(grantId, now) {
      const [idleUntil, endsAt] = texts.parse(await redis.run(READ_LONGEST_SESSION, grantId, now));
      return idleUntil === undefined ? null : { idleUntil: Number(idleUntil), endsAt: Number(endsAt) };
    },

    readOtherSessions: async (key, now) =>
      texts.parse(await redis.run(READ_OTHER_SESSIONS, key, now, now + ENDLESS_FROM_MS)),

    endOtherSessions: async (key, now) =>
      texts.parse(await redis.run(END_OTHER_SESSIONS, key, now, now + ENDLESS_FROM_MS)),
  };
}

const texts = z.array(z.string());
const CONNECTED = writeAttemptResult({ kind: 'connected' });

/** key, now, clock → data, idle limit, end, binding, last visit, grant id, person, write-id, sealed, leased, restored; nothing when absent or expired. */
const READ_SESSION = unguardedScript(`
local s = redis.call('HMGET', p .. 's:' .. ARGV[1], 'g', 'd', 'i', 'e', 'b', 'v')
if not s[2] or tonumber(s[3]) <= tonumber(ARGV[2]) then return {} end
local g = redis.call('HMGET', p .. 'g:' .. s[1], 'w', 's')
if not g[1] then return { s[2], s[3], s[4], s[5] or '', s[6] or '' } end
local person = redis.call('HGET', p .. 'p:' .. s[1], 'w') or ''
local leased = isLeased(s[1], hostNow(ARGV[3])) and '1' or '0'
return { s[2], s[3], s[4], s[5] or '', s[6] or '', s[1], person, g[1], g[2], leased, isRestored(s[1]) }`);

/** key, data → whether it existed. */
const UPDATE_SESSION = script(`
if redis.call('EXISTS', p .. 's:' .. ARGV[1]) == 0 then return 0 end
redis.call('HSET', p .. 's:' .. ARGV[1], 'd', ARGV[2])
return 1`);

/**
 * key, idle limit, the least that is worth a write, now, the same of a visit or nothing: never beyond the absolute limit, and
 * not when it is over.
 */
const TOUCH_SESSION = script(`
local s = redis.call('HMGET', p .. 's:' .. ARGV[1], 'i', 'e', 'g', 'v')
local now = tonumber(ARGV[4])
if not s[1] or tonumber(s[1]) <= now then return 0 end
if ARGV[5] ~= '' and now - (tonumber(s[4]) or 0) > tonumber(ARGV[5]) then
  redis.call('HSET', p .. 's:' .. ARGV[1], 'v', ARGV[4])
end
local idle = math.min(tonumber(ARGV[2]), tonumber(s[2]))
local more = idle - tonumber(s[1])
if more <= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', p .. 's:' .. ARGV[1], 'i', num(idle))
redis.call('ZADD', p .. 'ends', num(idle), s[3] .. ' ' .. ARGV[1])
local ttl = num(redis.call('PTTL', p .. 's:' .. ARGV[1]) + more)
redis.call('PEXPIRE', p .. 's:' .. ARGV[1], ttl)
outlive(p .. 'o:' .. s[3], ttl)
outlive(p .. 'g:' .. s[3], ttl)
return 1`);

/** key. */
const END_SESSION = script('endSession(ARGV[1]) return 1');

/**
 * classes, open since, id, expected write-id, new one, sealed, due at, renew at, session (key, data, idle, ends, ttl,
 * binding, visited at), replaces, issuer, person, attempt (id, answer, result, ttl).
 */
const SIGN_IN = script(`
if (redis.call('HGET', p .. 'g:' .. ARGV[3], 'w') or '') ~= ARGV[4] then return 0 end
putGrant(ARGV[3], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[1], ARGV[2], '0')
putPerson(ARGV[3], ARGV[17], ARGV[18])
beginSession(ARGV[3], ARGV[9], ARGV[10], ARGV[11], ARGV[12], ARGV[13], ARGV[14], ARGV[15], ARGV[16])
if ARGV[19] ~= '' then
  redis.call('HSET', p .. 'a:' .. ARGV[19], 'a', ARGV[20], 'z', ARGV[21])
  redis.call('PEXPIRE', p .. 'a:' .. ARGV[19], ARGV[22])
end
announce(ARGV[3])
return 1`);

/** id, session (as above) → whether there is such a grant. */
const BEGIN_SESSION = script(`
if not grantExists(ARGV[1]) then return 0 end
beginSession(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], '')
return 1`);

/** from, now, session (as above), replaces → whether there was one to transfer. */
const TRANSFER_SESSION = script(`
local s = redis.call('HMGET', p .. 's:' .. ARGV[1], 'g', 'i')
if not s[1] or tonumber(s[2]) <= tonumber(ARGV[2]) then return 0 end
beginSession(s[1], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10])
endSession(ARGV[1])
return 1`);

/** grant id, now → its idle limit and its absolute one; nothing when there is none. */
const READ_LONGEST_SESSION = unguardedScript(`
local longest = {}
for _, key in ipairs(redis.call('SMEMBERS', p .. 'o:' .. ARGV[1])) do
  local s = redis.call('HMGET', p .. 's:' .. key, 'i', 'e')
  local idle = tonumber(s[1])
  if idle and idle > tonumber(ARGV[2]) and idle > (tonumber(longest[1]) or 0) then longest = s end
end
return longest`);

/** key, now, from when on an end is none → the keys and data of the other sessions on its grant. */
const OTHER_SESSIONS = `
local keys, data = {}, {}
local now = tonumber(ARGV[2])
local own = redis.call('HMGET', p .. 's:' .. ARGV[1], 'g', 'i')
local isLive = own[1] and tonumber(own[2]) > now
for _, key in ipairs(isLive and redis.call('SMEMBERS', p .. 'o:' .. own[1]) or {}) do
  local s = redis.call('HMGET', p .. 's:' .. key, 'd', 'i', 'e')
  if key ~= ARGV[1] and s[1] and tonumber(s[2]) > now and tonumber(s[3]) < tonumber(ARGV[3]) then
    table.insert(keys, key)
    table.insert(data, s[1])
  end
end
`;
const READ_OTHER_SESSIONS = unguardedScript(`${OTHER_SESSIONS} return data`);
const END_OTHER_SESSIONS = script(`${OTHER_SESSIONS}
for _, key in ipairs(keys) do
  remember(key, 'logged-out', ARGV[2])
  endSession(key)
end
return data`);

export function redisExpiry({ redis }: Pick<RedisParts, 'redis'>): Pick<Store, 'removeExpired'> {
  let rank = 0;
  return {
    async removeExpired(now, limit) {
      const oldest = now - ENDINGS_KEPT_MS;
      const [ended, checked, forgotten] = counts.parse(
        await redis.run(REMOVE_EXPIRED, now, limit, rank, oldest),
      );
      rank = checked === limit ? rank + limit : 0;
      return [ended, forgotten].includes(limit);
    },
  };
}

const counts = z.tuple([z.number(), z.number(), z.number()]);

/**
 * now, limit, rank, since when endings are too old → how many sessions were over, how many people were checked from that
 * rank on, and how many endings were too old. Finds what the server has forgotten by itself, too, grants that no session
 * owns, and those of an instance of a version that did not renew them.
 */
const REMOVE_EXPIRED = script(`
local over = redis.call('ZRANGEBYSCORE', p .. 'ends', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, member in ipairs(over) do
  local id, key = string.match(member, '^(%S+) (.+)$')
  remember(key, '', ARGV[1])
  redis.call('DEL', p .. 's:' .. key)
  disown(id, key)
end
local people = redis.call('ZRANGE', p .. 'people', ARGV[3], ARGV[3] + ARGV[2] - 1)
for _, id in ipairs(people) do
  if not isLeft(id) then
    if redis.call('EXISTS', p .. 'o:' .. id) == 0 then
      eraseGrant(id)
    elseif not redis.call('ZSCORE', p .. 'grants-to-renew', id) then
      planRenewal(id, '0')
    end
  end
end
for _, name in ipairs(redis.call('SMEMBERS', p .. 'classes')) do
  for _, id in ipairs(redis.call('ZRANGE', p .. name, ARGV[3], ARGV[3] + ARGV[2] - 1)) do
    if not grantExists(id) then classify(id, '', '') end -- an instance of the version before has ended it
  end
end
local old = redis.call('ZRANGEBYSCORE', p .. 'endings', '-inf', ARGV[4], 'LIMIT', 0, ARGV[2])
for _, key in ipairs(old) do forgetEnding(key) end
return { #over, #people, #old }`);
