import { z } from 'zod';
import {
  CONNECTION_STATES,
  type ConnectionState,
  type ConnectionStore,
  keyTotals,
  SESSIONS_LISTED,
} from '../connections.ts';
import { BATCH } from '../copy/contract.ts';
import type { Encryption } from '../encryption.ts';
import type { Connection, RedisParts } from './connection.ts';
import { classFields, grantRow, readGrantRow, SEALED } from './grants.ts';
import type { RedisKeys } from './keys.ts';
import { unguardedScript } from './script.ts';

type Parts = Pick<RedisParts, 'redis' | 'encryption' | 'clock'>;

export function redisConnections({ redis, encryption, clock }: Parts): ConnectionStore {
  return {
    async countConnections() {
      const [open, openSince, classes] = totals.parse(await redis.run(COUNT_CONNECTIONS));
      const counts = new Map(classes);
      const byKey = classes.flatMap(([name, n]): [string, number][] =>
        name.startsWith(SEALED) ? [[name.slice(SEALED.length), n]] : [],
      );
      return {
        states: CONNECTION_STATES.map((state) => ({
          state,
          all: counts.get(`state:${state}`) ?? 0,
          demo: counts.get(`demo:${state}`) ?? 0,
        })),
        ...keyTotals(byKey, encryption),
        open,
        openSince: openSince === '' ? null : Number(openSince),
      };
    },

    async listConnections(state, after, now, limit) {
      const states = state === null ? CONNECTION_STATES : [state];
      const rows = listed.parse(
        await redis.run(
          LIST_CONNECTIONS,
          after,
          now,
          limit,
          clock(),
          SESSIONS_LISTED,
          states.map((each) => `state:${each}`).join(' '),
        ),
      );
      return rows.map(([id, index, issuer, grant, sessions]) => ({
        id,
        issuer: issuer === '' ? null : issuer,
        state: index.slice('state:'.length) as ConnectionState, // one of those that were asked for
        grant: () => readGrantRow(id, grant, encryption),
        sessions: sessions.map(([data, ends]) => ({ data, endsAt: Number(ends) })),
      }));
    },

    readOwners: async (grantId, now) =>
      z.array(z.string()).parse(await redis.run(READ_OWNERS, grantId, now, SESSIONS_LISTED)),
  };
}

/** The part of a schema step that needs the keys. Whom others move past us meanwhile is classified at their next write. */
export async function classifyAll(redis: Connection, keys: RedisKeys, encryption: Encryption): Promise<void> {
  for (let rank = 0; ; rank += BATCH) {
    const range = [`${keys.prefix}people`, String(rank), String(rank + BATCH - 1)];
    const ids = z.array(z.string()).parse(await redis.command('ZRANGE', ...range));
    if (ids.length === 0) return;
    for (const id of ids) {
      const [writeId, sealed] = fields.parse(await redis.command('HMGET', keys.grant(id), 'w', 's'));
      if (writeId === null || sealed === null) continue;
      const { classes, open_since } = classFields({ id, sealed }, encryption);
      await redis.run(CLASSIFY, id, writeId, classes, open_since);
    }
  }
}

const fields = z.tuple([z.string().nullable(), z.string().nullable()]);
const totals = z.tuple([z.number(), z.string(), z.array(z.tuple([z.string(), z.number()]))]);
const listed = z.array(
  z.tuple([z.string(), z.string(), z.string(), grantRow, z.array(z.tuple([z.string(), z.string()]))]),
);

/** id, write-id, classes, open since: unless somebody has written the grant meanwhile. */
const CLASSIFY = unguardedScript(`
if redis.call('HGET', p .. 'g:' .. ARGV[1], 'w') ~= ARGV[2] then return 0 end
classify(ARGV[1], ARGV[3], ARGV[4])
return 1`);

/** → how many are open, since when the oldest is, and how many each index has. */
const COUNT_CONNECTIONS = unguardedScript(`
local counts = {}
for _, name in ipairs(redis.call('SMEMBERS', p .. 'classes')) do
  table.insert(counts, { name, redis.call('ZCARD', p .. name) })
end
local oldest = redis.call('ZRANGE', p .. 'grants-open', 0, 0, 'WITHSCORES')
return { redis.call('ZCARD', p .. 'grants-open'), oldest[2] or '', counts }`);

/**
 * the id before, now, limit, clock, how many sessions, indexes → id, index, issuer, write-id with sealed, leased and restored, data
 * and end of sessions.
 */
const LIST_CONNECTIONS = unguardedScript(`
local found = {}
for name in string.gmatch(ARGV[6], '%S+') do
  local from = ARGV[1] == '' and '-' or '(' .. ARGV[1]
  for _, id in ipairs(redis.call('ZRANGE', p .. name, from, '+', 'BYLEX', 'LIMIT', 0, ARGV[3])) do
    table.insert(found, { id, name })
  end
end
table.sort(found, function(a, b) return a[1] < b[1] end)
local now, rows = hostNow(ARGV[4]), {}
for i = 1, math.min(#found, tonumber(ARGV[3])) do
  local id = found[i][1]
  local g = redis.call('HMGET', p .. 'g:' .. id, 'w', 's')
  if g[1] then
    local sessions = {}
    local isDemo = redis.call('ZSCORE', p .. string.gsub(found[i][2], 'state', 'demo'), id)
    for _, key in ipairs(isDemo and {} or redis.call('SMEMBERS', p .. 'o:' .. id)) do
      local s = redis.call('HMGET', p .. 's:' .. key, 'd', 'e', 'i')
      if #sessions == tonumber(ARGV[5]) then break end
      if s[1] and tonumber(s[3]) > tonumber(ARGV[2]) then table.insert(sessions, { s[1], s[2] }) end
    end
    local issuer = redis.call('HGET', p .. 'p:' .. id, 'i') or ''
    table.insert(rows, { id, found[i][2], issuer, { g[1], g[2], isLeased(id, now) and '1' or '0', isRestored(id) },
      sessions })
  end
end
return rows`);

/** grant id, now, how many → data of its live sessions. */
const READ_OWNERS = unguardedScript(`
local data = {}
for _, key in ipairs(redis.call('SMEMBERS', p .. 'o:' .. ARGV[1])) do
  local s = redis.call('HMGET', p .. 's:' .. key, 'd', 'i')
  if #data == tonumber(ARGV[3]) then break end
  if s[1] and tonumber(s[2]) > tonumber(ARGV[2]) then table.insert(data, s[1]) end
end
return data`);
