import { MOVING_SCRIPTS } from './moving-scripts.ts';

/**
 * Every change is one of these: Redis runs a script as one step, for all instances alike. KEYS[1] is the prefix of
 * all names; times are milliseconds; `''` stands for null. Lives are what is left of a record by the clock of the
 * instance: the server itself forgets it then, whether or not anybody sweeps.
 */
const SHARED = `
local p = KEYS[1]
local function num(n) return string.format('%.0f', n) end
local function announce(id) redis.call('PUBLISH', p .. 'changed', id) end
local function outlive(name, life)
  if redis.call('PTTL', name) < tonumber(life) then redis.call('PEXPIRE', name, life) end
end
local function eraseGrant(id)
  redis.call('DEL', p .. 'g:' .. id, p .. 'o:' .. id)
  redis.call('ZREM', p .. 'attend', id)
  redis.call('ZREM', p .. 'due', id)
  announce(id)
end
local function disown(id, key)
  redis.call('ZREM', p .. 'ends', id .. ' ' .. key)
  redis.call('SREM', p .. 'o:' .. id, key)
  if redis.call('EXISTS', p .. 'o:' .. id) == 0 then eraseGrant(id) else announce(id) end
end
local function endSession(key)
  local id = redis.call('HGET', p .. 's:' .. key, 'g')
  redis.call('DEL', p .. 's:' .. key)
  if id then disown(id, key) end
end
local function beginSession(id, key, data, idle, ends, life, replaces)
  local before = redis.call('HGET', p .. 's:' .. key, 'g')
  redis.call('HSET', p .. 's:' .. key, 'g', id, 'd', data, 'i', idle, 'e', ends)
  redis.call('PEXPIRE', p .. 's:' .. key, life)
  redis.call('ZADD', p .. 'ends', idle, id .. ' ' .. key)
  redis.call('SADD', p .. 'o:' .. id, key)
  outlive(p .. 'o:' .. id, life)
  outlive(p .. 'g:' .. id, life)
  if before and before ~= id then disown(before, key) end
  if replaces ~= '' and replaces ~= key then endSession(replaces) end
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
local function isKept(id) return redis.call('EXISTS', p .. 'g:' .. id) == 1 end
local function putGrant(id, writeId, sealed, attend, due)
  redis.call('HSET', p .. 'g:' .. id, 'w', writeId, 's', sealed, 'l', '0', 'm', '0')
  index('attend', id, attend)
  index('due', id, due)
end
local function putAttempt(state, browser, demo, returnTo, expires, life)
  local a, b = p .. 'a:' .. state, p .. 'b:' .. browser
  redis.call('HSET', a, 'b', browser, 'd', demo, 'r', returnTo, 'x', expires)
  redis.call('PEXPIRE', a, life)
  redis.call('ZADD', b, expires, state)
  outlive(b, life)
  redis.call('ZADD', p .. 'tries', expires, state)
end
local function forgetAttempt(state)
  redis.call('DEL', p .. 'a:' .. state)
  redis.call('ZREM', p .. 'tries', state)
end
`;

const script = (body: string) => SHARED + body;

export const SCRIPTS = {
  /** key, now, clock → data, grant id, write-id, sealed, leased; nothing when absent or expired. */
  readSession: script(`
local s = redis.call('HMGET', p .. 's:' .. ARGV[1], 'g', 'd', 'i')
if not s[2] or tonumber(s[3]) <= tonumber(ARGV[2]) then return {} end
local g = redis.call('HMGET', p .. 'g:' .. s[1], 'w', 's')
if not g[1] then return { s[2] } end
return { s[2], s[1], g[1], g[2], isLeased(s[1], hostNow(ARGV[3])) and '1' or '0' }`),

  /** key, data → whether it existed. */
  updateSession: script(`
if redis.call('EXISTS', p .. 's:' .. ARGV[1]) == 0 then return 0 end
redis.call('HSET', p .. 's:' .. ARGV[1], 'd', ARGV[2])
return 1`),

  /** key, idle limit, life beyond it: never beyond the absolute one, and only by more than a minute. */
  touchSession: script(`
local s = redis.call('HMGET', p .. 's:' .. ARGV[1], 'i', 'e', 'g')
if not s[1] then return 0 end
local idle = math.min(tonumber(ARGV[2]), tonumber(s[2]))
local more = idle - tonumber(s[1])
if more <= 60000 then return 0 end
redis.call('HSET', p .. 's:' .. ARGV[1], 'i', num(idle))
redis.call('ZADD', p .. 'ends', num(idle), s[3] .. ' ' .. ARGV[1])
local life = num(redis.call('PTTL', p .. 's:' .. ARGV[1]) + more)
redis.call('PEXPIRE', p .. 's:' .. ARGV[1], life)
outlive(p .. 'o:' .. s[3], life)
outlive(p .. 'g:' .. s[3], life)
return 1`),

  endSession: script(`endSession(ARGV[1]) return 1`),

  /** now, attempts before, limit → whether there may be more. Finds what the server has forgotten by itself, too. */
  removeExpired: script(`
local over = redis.call('ZRANGEBYSCORE', p .. 'ends', '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, member in ipairs(over) do
  local id, key = string.match(member, '^(%S+) (.+)$')
  redis.call('DEL', p .. 's:' .. key)
  disown(id, key)
end
local tries = redis.call('ZRANGEBYSCORE', p .. 'tries', '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for _, state in ipairs(tries) do forgetAttempt(state) end
return (#over == tonumber(ARGV[3]) or #tries == tonumber(ARGV[3])) and 1 or 0`),

  /** id, clock → write-id, sealed, leased; nothing when there is none. */
  readGrant: script(`
local g = redis.call('HMGET', p .. 'g:' .. ARGV[1], 'w', 's')
if not g[1] then return {} end
return { g[1], g[2], isLeased(ARGV[1], hostNow(ARGV[2])) and '1' or '0' }`),

  /**
   * id, expected write-id, new write-id, sealed, attend at, lease in ms, clock → 1 if it was written. Two changes make
   * a transaction in Redis' file: where a crash of the host tore one before, Redis leaves its beginning standing, and
   * throws away with it, at its next start, all that follows up to the end of a transaction.
   */
  writeGrant: script(`
local g = p .. 'g:' .. ARGV[1]
if redis.call('HGET', g, 'w') ~= ARGV[2] then return 0 end
local lease = tonumber(ARGV[6])
local till = lease == 0 and '0' or num(hostNow(ARGV[7]) + lease)
redis.call('HSET', g, 'w', ARGV[3], 's', ARGV[4])
redis.call('HSET', g, 'l', till, 'm', ARGV[6])
index('attend', ARGV[1], ARGV[5])
announce(ARGV[1])
return 1`),

  /** now, an hour from now, claimed until, limit, clock → ids that nobody has a lease on; nobody else is told them. */
  claimDueGrants: script(`
local now = hostNow(ARGV[5])
local ids = redis.call('ZRANGEBYSCORE', p .. 'attend', '-inf', ARGV[1], 'LIMIT', 0, ARGV[4])
if #ids < tonumber(ARGV[4]) then
  local ahead = redis.call('ZRANGEBYSCORE', p .. 'attend', '(' .. ARGV[2], '+inf', 'LIMIT', 0, ARGV[4] - #ids)
  for _, id in ipairs(ahead) do table.insert(ids, id) end
end
local free = {}
for _, id in ipairs(ids) do
  if not isKept(id) then
    index('attend', id, '')
  elseif not isLeased(id, now) then
    index('attend', id, ARGV[3])
    table.insert(free, id)
  end
end
return free`),

  eraseGrant: script(`
for _, key in ipairs(redis.call('SMEMBERS', p .. 'o:' .. ARGV[1])) do
  redis.call('DEL', p .. 's:' .. key)
  redis.call('ZREM', p .. 'ends', ARGV[1] .. ' ' .. key)
end
eraseGrant(ARGV[1])
return 1`),

  /** id, expected write-id, new one, sealed, attend at, session (key, data, idle, ends, life), replaces, attempt, result. */
  signIn: script(`
if (redis.call('HGET', p .. 'g:' .. ARGV[1], 'w') or '') ~= ARGV[2] then return 0 end
putGrant(ARGV[1], ARGV[3], ARGV[4], ARGV[5], '0')
beginSession(ARGV[1], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11])
if ARGV[12] ~= '' and redis.call('EXISTS', p .. 'a:' .. ARGV[12]) == 1 then
  redis.call('HSET', p .. 'a:' .. ARGV[12], 'z', ARGV[13])
end
announce(ARGV[1])
return 1`),

  /** id, session (key, data, idle, ends, life) → whether there is such a grant. */
  beginSession: script(`
if not isKept(ARGV[1]) then return 0 end
beginSession(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], '')
return 1`),

  /** from, now, session (key, data, idle, ends, life), replaces → whether there was one to take over. */
  transferSession: script(`
local s = redis.call('HMGET', p .. 's:' .. ARGV[1], 'g', 'i')
if not s[1] or tonumber(s[2]) <= tonumber(ARGV[2]) then return 0 end
beginSession(s[1], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8])
endSession(ARGV[1])
return 1`),

  /** state, browser, demo, return to, expires at, life, most of one browser, most in all. */
  beginAttempt: script(`
putAttempt(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6])
local function trim(name, most)
  local over = redis.call('ZCARD', name) - tonumber(most)
  if over <= 0 then return end
  for _, state in ipairs(redis.call('ZRANGE', name, 0, over - 1)) do
    if state ~= ARGV[1] then
      forgetAttempt(state)
      redis.call('ZREM', name, state)
    end
  end
end
trim(p .. 'b:' .. ARGV[2], ARGV[7])
trim(p .. 'tries', ARGV[8])
return 1`),

  /** state, browser, answer, now → outcome, demo, return to, result. */
  takeAttempt: script(`
local name = p .. 'a:' .. ARGV[1]
local a = redis.call('HMGET', name, 'b', 'd', 'r', 'x', 'a', 'z')
if not a[1] or a[1] ~= ARGV[2] then return { 'unknown' } end
if tonumber(a[4]) <= tonumber(ARGV[4]) then return { 'expired' } end
if not a[5] then
  redis.call('HSET', name, 'a', ARGV[3])
  return { 'taken', a[2], a[3] }
end
if a[5] ~= ARGV[3] then return { 'spent' } end
if not a[6] then return { 'pending' } end
return { 'finished', a[2], a[3], a[6] }`),

  /** state, result. */
  finishAttempt: script(`
if redis.call('EXISTS', p .. 'a:' .. ARGV[1]) == 1 then redis.call('HSET', p .. 'a:' .. ARGV[1], 'z', ARGV[2]) end
return 1`),

  /** id, state, due at → whether there is such a grant. */
  writeSubscriptions: script(`
if not isKept(ARGV[1]) then return 0 end
redis.call('HSET', p .. 'g:' .. ARGV[1], 'n', ARGV[2])
index('due', ARGV[1], ARGV[3])
return 1`),

  /** id, moment → whether there is such a grant. */
  recordNews: script(`
if not isKept(ARGV[1]) then return 0 end
redis.call('HSET', p .. 'g:' .. ARGV[1], 'h', ARGV[2])
announce(ARGV[1])
return 1`),

  /** now, claimed until, limit → ids; nobody else is told them before that. */
  claimSubscriptions: script(`
local kept = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', p .. 'due', '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
  index('due', id, isKept(id) and ARGV[2] or '')
  if isKept(id) then table.insert(kept, id) end
end
return kept`),

  /** milliseconds between calls, how many may come at once, clock → 0: go; otherwise the milliseconds to wait. */
  pace: script(`
local now, every = hostNow(ARGV[3]), tonumber(ARGV[1])
local next = tonumber(redis.call('GET', p .. 'pace') or '0')
if next < now or next > now + 60000 then next = now end
local wait = next - now - (tonumber(ARGV[2]) - 1) * every
if wait > 0 then return math.ceil(wait) end
redis.call('SET', p .. 'pace', tostring(next + every), 'PX', 60000)
return 0`),

  beginMove: script(MOVING_SCRIPTS.beginMove),
  moveSessions: script(MOVING_SCRIPTS.moveSessions),
  moveAttempts: script(MOVING_SCRIPTS.moveAttempts),
  takeBack: script(MOVING_SCRIPTS.takeBack),
  confirmMove: script(MOVING_SCRIPTS.confirmMove),
  endMove: script(MOVING_SCRIPTS.endMove),
};

export type ScriptName = keyof typeof SCRIPTS;
