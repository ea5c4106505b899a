import { randomUUID } from 'node:crypto';
import { PRIORITIES } from '../../withings/rate-limit.ts';
import {
  CREDIT_MS,
  MAX_WAITING,
  PLACE_KEPT_MS,
  RATE_OVER_MS,
  type RateLimitStore,
  WINDOW_MS,
} from '../rate-limit.ts';
import type { RedisParts } from './connection.ts';
import { script } from './script.ts';

export function redisRateLimit({ redis, clock }: Pick<RedisParts, 'redis' | 'clock'>): RateLimitStore {
  return {
    async takeCalls(wanted, quota) {
      const id = randomUUID();
      const asked = [JSON.stringify(wanted), JSON.stringify(quota), id, randomUUID()];
      const said = Number(await redis.run(TAKE_CALLS, ...asked, clock()));
      return said > 0 ? { id, calls: said } : { waitMs: -said };
    },
    async endCalls(id, made) {
      await redis.run(END_CALLS, id, made, clock());
    },
  };
}

/** Nothing counts for longer; a clock that was started anew makes none last. */
const KEPT_MS = 10 * WINDOW_MS;

/**
 * What is wanted, the quota, an id for it and one for calls that were lost, the clock → how many calls were let in, or
 * milliseconds to wait as a negative number. `decide` of store/rate-limit.ts, line by line.
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
  local lost = { priority = priority, calls = wanted.known - known, lent = 0, person = person,
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

local calls = math.min(wanted.calls, math.max(1, floor))
local mine = where(counted, of(priority))
local used, total = sum(mine), sum(counted)
local since = nil
for _, each in ipairs(places) do
  if each.priority == priority and each.person == person then since = each.since end
end
local ahead = where(places, function(each)
  return each.priority == priority and (since == nil or each.since < since)
end)
local isAgain = since == nil and person ~= '' and #where(mine, function(each) return each.person == person end) > 0
local first = isAgain and ahead or where(ahead, function(each) return each.dueAt <= now end)
local wanting = calls + sum(first)

local own = math.max(0, math.min(floor - ownOf(mine), quota.calls - total))
local lendable = math.max(1, math.min(most, quota.calls - quota.headroom) - floor)
local spacing = ${WINDOW_MS} / lendable
local from = math.max(now - ${CREDIT_MS}, borrowFrom)
local isLent = from <= now and used + wanting <= most and total + wanting <= quota.calls - kept
local field = priority .. ' ' .. person
if wanting <= own or isLent then
  local lent = math.max(0, calls - math.max(0, own - (wanting - calls)))
  if lent > 0 then
    redis.call('HSET', p .. 'borrowing', priority, string.format('%.17g', from + lent * spacing))
    redis.call('PEXPIRE', p .. 'borrowing', ${KEPT_MS})
  end
  if person ~= '' then redis.call('HDEL', p .. 'places', field) end
  count(ARGV[3], { priority = priority, calls = calls, lent = lent, person = person, process = wanted.process,
    since = now, ['until'] = now + quota.heldMs })
  return calls
end

local function untilFree(list, wants)
  local all = sum(list)
  if wants <= 0 then return 0 end
  if all == 0 then return ${WINDOW_MS} end
  local rounds = math.floor((wants - 1) / all)
  local left = wants - rounds * all
  table.sort(list, function(a, b) return a['until'] < b['until'] end)
  for _, each in ipairs(list) do
    left = left - each.calls
    if left <= 0 then return rounds * ${WINDOW_MS} + each['until'] - now end
  end
  return 0
end
local behind = sum(ahead)
local isShort = behind + calls > own
local share = math.max(floor, math.min(most, quota.calls - kept - (total - used)))
local wait = math.max(
  isShort and (from - now + math.max(0, behind - own) * spacing) or 0,
  untilFree(mine, used + behind + calls - share),
  untilFree(counted, total + calls + (isShort and kept or 0) - quota.calls))
wait = math.max(1, math.ceil(wait))
if person ~= '' and (since ~= nil or #places < ${MAX_WAITING}) then
  redis.call('HSET', p .. 'places', field, cjson.encode({ person = person, priority = priority, calls = wanted.calls,
    since = since or now, dueAt = now + wait }))
  redis.call('PEXPIRE', p .. 'places', ${KEPT_MS})
end
return -wait`);

/** id, how many calls were made, the clock. */
const END_CALLS = script(`
local each = redis.call('HGET', p .. 'calls', ARGV[1])
if not each then return 0 end
if ARGV[2] == '0' then return redis.call('HDEL', p .. 'calls', ARGV[1]) end
each = cjson.decode(each)
each.calls, each['until'] = tonumber(ARGV[2]), hostNow(ARGV[3]) + ${WINDOW_MS}
return redis.call('HSET', p .. 'calls', ARGV[1], cjson.encode(each))`);
