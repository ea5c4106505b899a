import { z } from 'zod';
import {
  type AttemptStore,
  MAX_ATTEMPTS,
  readAttemptResult,
  type TakenAttempt,
  writeAttemptResult,
} from '../attempts.ts';
import type { RedisParts } from './connection.ts';
import { script } from './script.ts';

/** @param maxAttempts of all browsers together */
export function redisAttempts(
  { redis, keys, ttlUntil }: Pick<RedisParts, 'redis' | 'keys' | 'ttlUntil'>,
  maxAttempts = MAX_ATTEMPTS,
): AttemptStore {
  return {
    async beginAttempt({ state, browser, demo, returnTo, expiresAt, perBrowser }) {
      const record = [state, browser, demo ? 1 : 0, returnTo, expiresAt, ttlUntil(expiresAt)] as const;
      await redis.run(BEGIN_ATTEMPT, ...record, perBrowser, maxAttempts);
    },

    async knowsBrowser(browser, now) {
      return Number(await redis.command('ZCOUNT', keys.browser(browser), `(${now}`, '+inf')) > 0;
    },

    async takeAttempt({ state, browser, answer, now }) {
      return readTaken(await redis.run(TAKE_ATTEMPT, state, browser, answer, now));
    },

    async finishAttempt(state, finished) {
      await redis.run(FINISH_ATTEMPT, state, writeAttemptResult(finished));
    },
  };
}

const taken = z.union([
  z.tuple([z.enum(['unknown', 'expired', 'spent', 'pending'])]),
  z.tuple([z.literal('taken'), z.string(), z.string()]),
  z.tuple([z.literal('finished'), z.string(), z.string(), z.string()]),
]);

function readTaken(answer: unknown): TakenAttempt {
  const read = taken.parse(answer);
  if (read.length === 1) return { outcome: read[0] };
  const attempt = { demo: read[1] === '1', returnTo: read[2] };
  if (read.length === 3) return { outcome: 'taken', attempt };
  return { outcome: 'finished', attempt, result: readAttemptResult(read[3]) };
}

/** state, browser, demo, return to, expires at, ttl, most of one browser, most in all. */
const BEGIN_ATTEMPT = script(`
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
trim(p .. 'attempts', ARGV[8])
return 1`);

/** state, browser, answer, now → outcome, demo, return to, result. */
const TAKE_ATTEMPT = script(`
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
return { 'finished', a[2], a[3], a[6] }`);

/** state, result. */
const FINISH_ATTEMPT = script(`
if redis.call('EXISTS', p .. 'a:' .. ARGV[1]) == 1 then redis.call('HSET', p .. 'a:' .. ARGV[1], 'z', ARGV[2]) end
return 1`);
