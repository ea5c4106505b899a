import { createHash } from 'node:crypto';
import { ENDINGS_KEPT_MS } from '../endings.ts';

/** Lua that Redis runs as one step, for all instances alike. */
export interface Script {
  text: string;
  /** Redis' name for it. */
  sha1: string;
}

/** A store that is being copied, or was, takes no writes, from nobody. */
const REFUSE_MARKED = `
if redis.call('EXISTS', p .. 'mark') == 1 then return redis.error_reply('FROZEN this store has a mark of the copy') end
`;

/**
 * Every change in Redis is one of these. `p`, KEYS[1], is the prefix of all names; times are milliseconds; `''` stands
 * for null. A TTL is what is left of a record by the clock of the instance: the server itself forgets it then, whether
 * or not anybody sweeps.
 */
export function script(body: string): Script {
  return unguardedScript(REFUSE_MARKED + body);
}

/** For what only reads, and for the copy itself. */
export function unguardedScript(body: string): Script {
  const text = PRELUDE + body;
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}

/** What several scripts need, each function after those that it calls. */
const PRELUDE = `
local p = KEYS[1]
local function num(n) return string.format('%.0f', n) end
local function announce(id) redis.call('PUBLISH', p .. 'changed', id) end
local function outlive(name, ttl)
  if redis.call('PTTL', name) < tonumber(ttl) then redis.call('PEXPIRE', name, ttl) end
end
local function hostNow(given)
  if given ~= '' then return tonumber(given) end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function isLeased(id, now)
  local l = redis.call('HMGET', p .. 'g:' .. id, 'l', 'm')
  local left = (tonumber(l[1]) or 0) - now
  return left > 0 and left <= (tonumber(l[2]) or 0)
end
local function index(name, id, at)
  if at == '' then redis.call('ZREM', p .. name, id) else redis.call('ZADD', p .. name, at, id) end
end
local function settleRestored(id) redis.call('ZREM', p .. 'restored', id) end
local function isRestored(id) return redis.call('ZSCORE', p .. 'restored', id) and '1' or '0' end
local function grantExists(id) return redis.call('EXISTS', p .. 'g:' .. id) == 1 end
local function planRenewal(id, at)
  redis.call('ZADD', p .. 'grants-to-renew', at == '' and '+inf' or at, id) -- who is not in it was never looked at
end
local function classify(id, classes, openSince)
  local mine = {}
  for name in string.gmatch(classes, '%S+') do
    mine[name] = true
    redis.call('SADD', p .. 'classes', name)
    redis.call('ZADD', p .. name, 0, id)
  end
  for _, name in ipairs(redis.call('SMEMBERS', p .. 'classes')) do
    if not mine[name] and redis.call('ZREM', p .. name, id) == 1 and redis.call('EXISTS', p .. name) == 0 then
      redis.call('SREM', p .. 'classes', name)
    end
  end
  if openSince == '' then redis.call('ZREM', p .. 'grants-open', id)
  else redis.call('ZADD', p .. 'grants-open', 'NX', openSince, id) end
end
local function putGrant(id, writeId, sealed, dueAt, renewAt, classes, openSince, subscriptionsDueAt)
  redis.call('HSET', p .. 'g:' .. id, 'w', writeId, 's', sealed, 'l', '0', 'm', '0')
  redis.call('ZREM', p .. 'grants-open', id)
  classify(id, classes, openSince)
  index('grants-due', id, dueAt)
  planRenewal(id, renewAt)
  index('subscriptions-due', id, subscriptionsDueAt)
  settleRestored(id)
end
local function putPerson(id, issuer, person)
  redis.call('HSET', p .. 'p:' .. id, 'i', issuer, 'w', person)
  redis.call('HDEL', p .. 'p:' .. id, 'f', 't', 'n')
  redis.call('ZADD', p .. 'people', '+inf', id)
end
local function forgetPerson(id)
  redis.call('DEL', p .. 'p:' .. id)
  redis.call('ZREM', p .. 'people', id)
end
local function isLeft(id)
  local due = redis.call('ZSCORE', p .. 'people', id)
  return due and due ~= 'inf'
end
local function eraseGrant(id)
  if redis.call('ZSCORE', p .. 'people', id) == 'inf' then redis.call('ZADD', p .. 'people', 0, id) end
  redis.call('DEL', p .. 'g:' .. id, p .. 'o:' .. id)
  redis.call('ZREM', p .. 'grants-due', id)
  redis.call('ZREM', p .. 'grants-to-renew', id)
  redis.call('ZREM', p .. 'subscriptions-due', id)
  settleRestored(id)
  classify(id, '', '')
  announce(id)
end
local function disown(id, key)
  redis.call('ZREM', p .. 'ends', id .. ' ' .. key)
  redis.call('SREM', p .. 'o:' .. id, key)
  if redis.call('EXISTS', p .. 'o:' .. id) == 0 then eraseGrant(id) else announce(id) end
end
local function putEnding(key, why, at, visitedAt, id, outcome)
  local e = p .. 'e:' .. key
  redis.call('HSET', e, 'y', why, 'a', at, 'v', visitedAt)
  redis.call('PEXPIRE', e, ${ENDINGS_KEPT_MS})
  redis.call('ZADD', p .. 'endings', at, key)
  if outcome ~= '' then redis.call('HSET', e, 'z', outcome) end
  if id == '' then return end
  redis.call('HSET', e, 'g', id)
  redis.call('SADD', p .. 'x:' .. id, key)
  redis.call('PEXPIRE', p .. 'x:' .. id, ${ENDINGS_KEPT_MS})
end
local function remember(key, why, now)
  local s = redis.call('HMGET', p .. 's:' .. key, 'g', 'i', 'e', 'v')
  if not s[4] then return end
  local idle = tonumber(s[2])
  if idle <= tonumber(now) then why = idle < tonumber(s[3]) and 'session-idle' or 'session-max' end
  putEnding(key, why, num(math.min(idle, tonumber(now))), s[4], s[1], '')
end
local function forgetEnding(key)
  local id = redis.call('HGET', p .. 'e:' .. key, 'g')
  if id then redis.call('SREM', p .. 'x:' .. id, key) end
  redis.call('DEL', p .. 'e:' .. key)
  redis.call('ZREM', p .. 'endings', key)
end
local function endSession(key)
  local id = redis.call('HGET', p .. 's:' .. key, 'g')
  redis.call('DEL', p .. 's:' .. key)
  if id then disown(id, key) end
end
local function beginSession(id, key, data, idle, ends, ttl, bound, visitedAt, replaces)
  local before = redis.call('HGET', p .. 's:' .. key, 'g')
  redis.call('HSET', p .. 's:' .. key, 'g', id, 'd', data, 'i', idle, 'e', ends, 'b', bound)
  if visitedAt == '' then redis.call('HDEL', p .. 's:' .. key, 'v') else redis.call('HSET', p .. 's:' .. key, 'v', visitedAt) end
  redis.call('PEXPIRE', p .. 's:' .. key, ttl)
  redis.call('ZADD', p .. 'ends', idle, id .. ' ' .. key)
  redis.call('SADD', p .. 'o:' .. id, key)
  outlive(p .. 'o:' .. id, ttl)
  outlive(p .. 'g:' .. id, ttl)
  if before and before ~= id then disown(before, key) end
  if replaces ~= '' and replaces ~= key then endSession(replaces) end
end
`;
