import { script } from './script.ts';

const HOLDS = `
if redis.call('GET', p .. 'moving') ~= ARGV[1] then return -1 end
`;

/**
 * What moves an embedded store in; bodies that stand behind the helpers of prelude.ts. Each that writes asks first
 * whether its run still holds the move (`moving`): what a run that was killed had sent may arrive after the next one
 * has begun. -1: it does not. What is here already stays as it is; what was brought is noted in `moved`, in the same
 * step, so that it can be taken back.
 */
export const MOVING_SCRIPTS = {
  /** store, run → who held it before ('' nobody); given away only if that was a run for the same store. */
  beginMove: script(`
local held = redis.call('GET', p .. 'moving') or ''
if held ~= '' and string.match(held, '^%S+') ~= ARGV[1] then return held end
redis.call('SET', p .. 'moving', ARGV[1] .. ' ' .. ARGV[2])
return held`),

  /**
   * run, then for each session: grant id, write-id, sealed, attend at, subscriptions, due at, heard at, session (key,
   * data, idle, ends, ttl) → how many sessions and grants were brought.
   */
  moveSessions: script(`${HOLDS}
local sessions, grants = 0, 0
for i = 2, #ARGV, 12 do
  local id, writeId, sealed, attend, state, due, heard, key, data, idle, ends, ttl = unpack(ARGV, i, i + 11)
  if redis.call('EXISTS', p .. 's:' .. key) == 0 then
    if not grantExists(id) then
      putGrant(id, writeId, sealed, attend, due)
      if state ~= '' then redis.call('HSET', p .. 'g:' .. id, 'n', state) end
      if heard ~= '' then redis.call('HSET', p .. 'g:' .. id, 'h', heard) end
      grants = grants + 1
    end
    redis.call('SADD', p .. 'moved', id .. ' ' .. key)
    beginSession(id, key, data, idle, ends, ttl, '')
    sessions = sessions + 1
  end
end
return { sessions, grants }`),

  /** run, then for each attempt: state, browser, demo, return to, expires at, ttl, answer, result → how many. */
  moveAttempts: script(`${HOLDS}
local attempts = 0
for i = 2, #ARGV, 8 do
  local state, browser, demo, returnTo, expires, ttl, answer, result = unpack(ARGV, i, i + 7)
  if redis.call('EXISTS', p .. 'a:' .. state) == 0 then
    putAttempt(state, browser, demo, returnTo, expires, ttl)
    if answer ~= '' then redis.call('HSET', p .. 'a:' .. state, 'a', answer) end
    if result ~= '' then redis.call('HSET', p .. 'a:' .. state, 'z', result) end
    redis.call('SADD', p .. 'moved', state)
    attempts = attempts + 1
  end
end
return attempts`),

  /** run, limit → how many were taken back. A grant goes with the last session that owns it, as ever. */
  takeBack: script(`${HOLDS}
local brought = redis.call('SPOP', p .. 'moved', ARGV[2])
for _, member in ipairs(brought) do
  local id, key = string.match(member, '^(%S+) (.+)$')
  if id then
    redis.call('DEL', p .. 's:' .. key)
    disown(id, key)
  else
    local browser = redis.call('HGET', p .. 'a:' .. member, 'b')
    if browser then redis.call('ZREM', p .. 'b:' .. browser, member) end
    forgetAttempt(member)
  end
end
return #brought`),

  /** run → how much it has brought. A write, so that one can wait for it to be on the disk. */
  confirmMove: script(`${HOLDS}
redis.call('SET', p .. 'moving', ARGV[1])
return redis.call('SCARD', p .. 'moved')`),

  /** store → whether it was being moved in; from now on this Redis may be used. */
  endMove: script(`
if string.match(redis.call('GET', p .. 'moving') or '', '^%S+') ~= ARGV[1] then return 0 end
redis.call('UNLINK', p .. 'moved')
redis.call('DEL', p .. 'moving')
return 1`),
};
