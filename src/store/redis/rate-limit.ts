import { randomUUID } from 'node:crypto';
import { PRIORITIES } from '../../withings/rate-limit.ts';
import { COUNTS_KEPT_MS, hourOf } from '../call-counts.ts';
import {
  ANSWERED_MS,
  CREDIT_MS,
  LOST,
  MIN_TURN,
  PLACE_KEPT_MS,
  RATE_OVER_MS,
  type RateLimitStore,
  WINDOW_MS,
} from '../rate-limit.ts';
import type { RedisParts } from './connection.ts';
import { script, unguardedScript } from './script.ts';

export function redisRateLimit({ redis, clock }: Pick<RedisParts, 'redis' | 'clock'>): RateLimitStore {
  return {
    async takeCalls(wanted, quota) {
      const id = randomUUID();
      const asked = [JSON.stringify(wanted), JSON.stringify(quota), id, randomUUID()];
      const said = Number(await redis.run(TAKE_CALLS, ...asked, clock()));
      return said > 0 ? { id, calls: said } : { waitMs: -said };
    },
    async endCalls(id, made, busy, at) {
      const hours = [hourOf(at), hourOf(at) - COUNTS_KEPT_MS];
      await redis.run(END_CALLS, id, made, clock(), busy, ...hours);
    },
    readCalls: async () => Number(await redis.run(READ_CALLS, clock())),
  };
}

/** Nothing counts for longer; a clock that was started anew makes none last. */
const KEPT_MS = 10 * WINDOW_MS;

/**
 * What is wanted, the quota, an id for it and one for calls that were lost, the clock → how many calls were let in, or
 * milliseconds to wait as a negative number. `decide` of store/admission.ts, line by line.
 */
const TAKE_CALLS = script(`
local wanted, quota, now = cjson.decode(ARGV[1]), cjson.decode(ARGV[2]), hostNow(ARGV[5])
local priority, person = wanted.priority, wanted.person
if person == cjson.null then person = '' end
local floor, most = quota.floors[priority], quota.most[priority]

local function count(id, each)
  redis.call('HSET', p .. 'calls', id, cjson.encode(each))
  redis.call('PEXPIRE', p .. 'calls', ${KEPT_MS})
end
local function entries(name, isOver)
  local found, all = {}, redis.call('HGETALL', p .. name)
  for i = 1, #all, 2 do
    local each = cjson.decode(all[i + 1])
    if each.since > now or isOver(each) then redis.call('HDEL', p .. name, all[i]) else table.insert(found, each) end
  end
  return found
end
local function where(list, test)
  local found = {}
  for _, each in ipairs(list) do if test(each) then table.insert(found, each) end end
  return found
end
local function sum(list)
  local all = 0
  for _, each in ipairs(list) do all = all + each.calls end
  return all
end
local function ownOf(list)
  local all = 0
  for _, each in ipairs(list) do all = all + each.calls - each.lent end
  return all
end
local function of(name) return function(each) return each.priority == name end end

local counted = entries('calls', function(each) return each['until'] <= now end)
local known = sum(where(counted, function(each) return each.process == wanted.process end))
if known < wanted.known then
  local lost = { priority = '${LOST}', calls = wanted.known - known, lent = 0, person = '',
    process = wanted.process, since = now, ['until'] = now + ${WINDOW_MS} }
  count(ARGV[4], lost)
  table.insert(counted, lost)
end
local places = entries('places', function(each) return each.dueAt <= now - ${PLACE_KEPT_MS} end)
local borrowFrom = tonumber(redis.call('HGET', p .. 'borrowing', priority) or '0')
if borrowFrom > now + ${WINDOW_MS} then borrowFrom = 0 end

local kept = 0
for _, other in ipairs({ ${PRIORITIES.map((each) => `'${each}'`).join(', ')} }) do
  if other ~= priority then
    local used, oldest = where(counted, of(other)), now
    for _, each in ipairs(used) do oldest = math.min(oldest, each.since) end
    local age = math.max(${RATE_OVER_MS}, now - oldest)
    local atThisPace = math.ceil(sum(used) * (${WINDOW_MS} - age) / age)
    local waiting = sum(where(places, of(other)))
    kept = kept + math.max(0, math.min(quota.floors[other] - ownOf(used), math.max(atThisPace, waiting)))
  end
end
kept = math.max(quota.headroom, kept)

local calls = math.min(wanted.calls, math.max(${MIN_TURN}, floor))
local mine = where(counted, of(priority))
local used, total = sum(mine), sum(counted)
local waiting, since = where(places, of(priority)), nil
for _, each in ipairs(waiting) do
  if each.person == person then since = each.since end
end
local ahead = wanted.isBegun and {} or where(waiting, function(each) return since == nil or each.since < since end)
local theirs = where(mine, function(each) return person ~= '' and each.person == person end)
local isAgain = since == nil and #theirs > 0
local first = isAgain and ahead or where(ahead, function(each) return each.dueAt <= now end)
local wanting = calls + sum(first)

local own = math.max(0, math.min(floor - ownOf(mine), quota.calls - total))
local lendable = math.max(1, math.min(most, quota.calls - quota.headroom) - floor)
local spacing = ${WINDOW_MS} / lendable
local from = math.max(now - ${CREDIT_MS}, borrowFrom)
local isPaced = wanted.isBegun or from <= now
local isLent = isPaced and used + wanting <= most and total + wanting <= quota.calls - kept
local tooMuch = #theirs > 0 and sum(theirs) + calls - quota.perPerson or 0
local field = priority .. ' ' .. person
if tooMuch <= 0 and (wanting <= own or isLent) then
  local lent = math.max(0, calls - math.max(0, own - (wanting - calls)))
  if lent > 0 then
    redis.call('HSET', p .. 'borrowing', priority, string.format('%.17g', from + lent * spacing))
    redis.call('PEXPIRE', p .. 'borrowing', ${KEPT_MS})
  end
  if person ~= '' and not wanted.isBegun then redis.call('HDEL', p .. 'places', field) end
  count(ARGV[3], { priority = priority, calls = calls, lent = lent, person = person, process = wanted.process,
    since = now, ['until'] = now + quota.heldMs })
  return calls
end

local function leftMs(each)
  return math.min(each['until'], math.max(now, each.since + ${ANSWERED_MS}) + ${WINDOW_MS}) - now
end
local function byEnd(a, b) return leftMs(a) < leftMs(b) end
local function untilPaced(wants, loanMs)
  local aMinute = ownOf(mine) + ${WINDOW_MS} / spacing
  local rounds = math.floor(wants / aMinute)
  local left = wants - rounds * aMinute
  table.sort(mine, byEnd)
  for _, each in ipairs(mine) do
    if loanMs + left * spacing <= leftMs(each) then break end
    left = math.max((leftMs(each) - loanMs) / spacing, left - each.calls + each.lent)
  end
  return rounds * ${WINDOW_MS} + loanMs + left * spacing
end
local function untilFree(list, wants)
  local left = wants
  table.sort(list, byEnd)
  for _, each in ipairs(list) do
    if left <= 0 then break end
    left = left - each.calls
    if left <= 0 then return leftMs(each) end
  end
  return wants > 0 and ${WINDOW_MS} or 0
end
local behind = sum(ahead)
local isShort = behind + calls > own
local share = math.max(floor, math.min(most, quota.calls - kept - (total - used)))
local function paced(before) return untilPaced(math.max(0, before - own), from - now) end
local toComeFree = used + behind + calls - share
local wait = math.max(
  (isShort and not wanted.isBegun) and paced(behind) or 0,
  untilFree(mine, math.min(toComeFree, used)),
  toComeFree > used and ${WINDOW_MS} + paced(toComeFree - used) or 0,
  untilFree(counted, total + calls + (isShort and kept or 0) - quota.calls),
  untilFree(theirs, tooMuch))
wait = math.max(1, math.ceil(wait))
if person ~= '' and not wanted.isBegun and (since ~= nil or #waiting < quota.places) then
  redis.call('HSET', p .. 'places', field, cjson.encode({ person = person, priority = priority, calls = wanted.calls,
    since = since or now, dueAt = now + wait }))
  redis.call('PEXPIRE', p .. 'places', ${KEPT_MS})
end
return -wait`);

/** id, how many calls were made, the clock, how many were refused as too many, the hour, the first that is kept. */
const END_CALLS = script(`
if ARGV[2] ~= '0' then
  local counts = p .. 'call-counts'
  if redis.call('HINCRBY', counts, ARGV[5], ARGV[2]) == tonumber(ARGV[2]) then
    for _, hour in ipairs(redis.call('HKEYS', counts)) do
      if tonumber(string.match(hour, '^%d+')) < tonumber(ARGV[6]) then redis.call('HDEL', counts, hour) end
    end
  end
  if ARGV[4] ~= '0' then redis.call('HINCRBY', counts, ARGV[5] .. ' busy', ARGV[4]) end
end
local each = redis.call('HGET', p .. 'calls', ARGV[1])
if not each then return 0 end
if ARGV[2] == '0' then return redis.call('HDEL', p .. 'calls', ARGV[1]) end
each = cjson.decode(each)
each.calls, each['until'] = tonumber(ARGV[2]), hostNow(ARGV[3]) + ${WINDOW_MS}
return redis.call('HSET', p .. 'calls', ARGV[1], cjson.encode(each))`);

/** clock → how many count. */
const READ_CALLS = unguardedScript(`
local now, all, found = hostNow(ARGV[1]), 0, redis.call('HGETALL', p .. 'calls')
for i = 2, #found, 2 do
  local each = cjson.decode(found[i])
  if each['until'] > now and each.since <= now then all = all + each.calls end
end
return all`);
