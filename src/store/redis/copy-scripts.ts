import { type CopyMark, readMark, writeMark } from '../copy/mark.ts';
import type { Connection } from './connection.ts';
import { type RedisError, unfit } from './errors.ts';
import type { RedisKeys } from './keys.ts';
import { unguardedScript } from './script.ts';

/**
 * index, over when (or -inf), how many to pass over, how many, prefix of the records, another index, fields → how many
 * the index has there, and of each record its name, its place in that other index, and its fields. An index may
 * outlive a record.
 */
export const READ = unguardedScript(`
local first = redis.call('ZCOUNT', p .. ARGV[1], '-inf', ARGV[2]) + ARGV[3]
local members = redis.call('ZRANGE', p .. ARGV[1], first, first + ARGV[4] - 1)
local rows = {}
for _, member in ipairs(members) do
  local name = string.match(member, ' (.+)$') or member
  if redis.call('EXISTS', p .. ARGV[5] .. name) == 1 then
    local at = redis.call('ZSCORE', p .. ARGV[6], name)
    if at == 'inf' and not grantExists(name) then at = '0' end -- the server has forgotten it: it is to be given back
    table.insert(rows, { name, at, unpack(redis.call('HMGET', p .. ARGV[5] .. name, unpack(ARGV, 7))) })
  end
end
return { #members, rows }`);

/** What a run that was killed had sent may arrive after the next one has begun. -1: this one has lost its mark. */
const HOLDS = `
if redis.call('GET', p .. 'mark') ~= ARGV[1] then return -1 end
`;

/** mark, kind, rows as JSON, each with the ttl of what the server is to forget. */
export const PUT = unguardedScript(`${HOLDS}
local function set(name, field, value)
  if value ~= cjson.null then redis.call('HSET', name, field, value) end
end
local put = {
  grants = function(r)
    putGrant(r.id, r.write_id, r.sealed, r.due_at == cjson.null and '' or num(r.due_at), '0',
      r.classes, r.open_since == cjson.null and '' or num(r.open_since), '0')
    outlive(p .. 'g:' .. r.id, num(r.ttl))
  end,
  subscriptions = function(r)
    set(p .. 'g:' .. r.grant_id, 'n', r.state)
    if r.news_at > 0 then set(p .. 'g:' .. r.grant_id, 'h', num(r.news_at)) end
    index('subscriptions-due', r.grant_id, num(r.due_at))
  end,
  sessions = function(r)
    beginSession(r.grant_id, r.key, r.data, num(r.idle_until), num(r.ends_at), num(r.ttl), r.bound,
      r.visited_at == cjson.null and '' or num(r.visited_at), '')
  end,
  meta = function(r) redis.call('SET', p .. r.name, r.value) end,
  people = function(r)
    putPerson(r.id, r.issuer, r.person)
    if r.due_at ~= cjson.null then
      if r.since > 0 then redis.call('HSET', p .. 'p:' .. r.id, 'f', num(r.since), 't', num(r.tries)) end
      redis.call('ZADD', p .. 'people', num(r.due_at), r.id)
    end
  end,
  endings = function(r)
    local function text(value) return value == cjson.null and '' or value end
    putEnding(r.key, r.why, num(r.at), num(r.visited_at), text(r.grant_id), text(r.outcome))
  end,
  restored = function(r) redis.call('ZADD', p .. 'restored', 0, r.grant_id) end,
}
for _, row in ipairs(cjson.decode(ARGV[3])) do put[ARGV[2]](row) end
return 1`);

/** mark, how many of each kind → how many were removed. */
export const CLEAR = unguardedScript(`${HOLDS}
local function first(index) return redis.call('ZRANGE', p .. index, 0, ARGV[2] - 1) end
local sessions, grants, people, endings = first('ends'), first('subscriptions-due'), first('people'), first('endings')
for _, member in ipairs(sessions) do
  local id, key = string.match(member, '^(%S+) (.+)$')
  redis.call('DEL', p .. 's:' .. key)
  disown(id, key)
end
for _, id in ipairs(grants) do eraseGrant(id) end
for _, id in ipairs(people) do forgetPerson(id) end
for _, key in ipairs(endings) do forgetEnding(key) end
return #sessions + #grants + #people + #endings`);

type Redis = Pick<Connection, 'command'>;

/** @throws RedisError, code `REDIS_UNFIT`, where a cluster keeps our keys elsewhere: this is the first that is asked */
export async function readRedisMark(redis: Redis, keys: RedisKeys): Promise<CopyMark | null> {
  const text = await redis.command('GET', keys.mark).catch((error: RedisError) => {
    if (error.reply !== 'MOVED' && error.reply !== 'CLUSTERDOWN') throw error;
    throw unfit('REDIS_URL leads to a node of a cluster that does not hold our keys (docs/scaling.md).');
  });
  if (text !== null) return readMark(String(text));
  // One that a version before the fourth has left; or what keeps those versions out, which is no mark of ours.
  const before = await redis.command('GET', keys.markBefore);
  const left = before === null ? null : readMark(String(before));
  return left?.to === NEWER ? null : left;
}

/** Where the data went, as versions before the fourth are told that find this store. */
export const NEWER = 'a newer version of this program';

export async function swapRedisMark(
  redis: Pick<Connection, 'run'>,
  from: CopyMark | null,
  to: CopyMark | null,
): Promise<boolean> {
  return (await redis.run(SWAP, from && writeMark(from), to && writeMark(to))) === 1;
}

/** mark, next one → whether that mark was there. */
const SWAP = unguardedScript(`
if (redis.call('GET', p .. 'mark') or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', p .. 'mark') else redis.call('SET', p .. 'mark', ARGV[2]) end
return 1`);
