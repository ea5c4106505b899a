import { z } from 'zod';
import { ENDINGS_KEPT_MS, type EndingStore, readEndingRow } from '../endings.ts';
import type { RedisParts } from './connection.ts';
import { unguardedScript } from './script.ts';

export function redisEndings({ redis }: Pick<RedisParts, 'redis'>): EndingStore {
  return {
    async readEnding(key, now) {
      const answer = fields.parse(await redis.run(READ_ENDING, key, now, now - ENDINGS_KEPT_MS));
      const [why, at, visited_at, grant_id, outcome, issuer] = answer.map((text) => text || null);
      return why ? readEndingRow({ why, at, visited_at, grant_id, outcome, issuer }) : null;
    },
  };
}

const fields = z.array(z.string());

/** key, now, since when they are too old → why, at, visited at, grant id, outcome, issuer; nothing when there is none. */
const READ_ENDING = unguardedScript(`
local function answer(why, at, visited, id, outcome)
  local issuer = id and redis.call('HGET', p .. 'p:' .. id, 'i')
  return { why, at, visited, id or '', outcome or '', issuer or '' }
end
local s = redis.call('HMGET', p .. 's:' .. ARGV[1], 'g', 'i', 'e', 'v')
if s[4] and tonumber(s[2]) <= tonumber(ARGV[2]) then
  return answer(tonumber(s[2]) < tonumber(s[3]) and 'session-idle' or 'session-max', s[2], s[4], s[1])
end
local e = redis.call('HMGET', p .. 'e:' .. ARGV[1], 'y', 'a', 'v', 'g', 'z')
if not e[1] or tonumber(e[2]) <= tonumber(ARGV[3]) then return {} end
return answer(unpack(e))`);
