import { z } from 'zod';
import type { Issuer } from '../../withings/clouds.ts';
import { BATCH } from '../copy/contract.ts';
import { writeMark } from '../copy/mark.ts';
import type { Encryption } from '../encryption.ts';
import { checkRenamed, renameGrant } from '../renaming.ts';
import type { StoreKey } from '../store-key.ts';
import type { Connection } from './connection.ts';
import { NEWER } from './copy-scripts.ts';
import type { RedisKeys } from './keys.ts';
import { unguardedScript } from './script.ts';

/**
 * The part of a schema step that needs the keys: names that nobody can guess, and bound sessions. Instances of the
 * version before read and write under the old names: for them this store is closed first.
 */
export async function renameAll(
  redis: Connection,
  keys: RedisKeys,
  key: StoreKey,
  { encryption, issuer, now }: { encryption: Encryption; issuer: Issuer; now: number },
): Promise<void> {
  const closed = { state: 'closed', run: 'schema', from: 'REDIS_URL', to: NEWER, at: now } as const;
  await redis.run(LOCK_OUT, writeMark(closed), NEWER);

  /** Resolves to how many there were. */
  async function renameFrom(rank: number, ids: string[]): Promise<void> {
    const sealed = await Promise.all(ids.map((id) => redis.command('HGET', keys.grant(id), 's')));
    const grants = ids.map((id, i) => ({ id, sealed: sealed[i] === null ? null : String(sealed[i]) }));
    const renamed = grants.flatMap(({ id, sealed: text }) =>
      text === null ? [] : [{ old: id, ...renameGrant({ id, sealed: text }, key, encryption, issuer) }],
    );
    if (rank === 0) checkRenamed(renamed);
    for (const { old, id, sealed: text, issuer: whose, person } of renamed) {
      const bound = await sessionsOf(redis, key, old, id);
      await redis.run(RENAME, old, id, text, whose, person, ...bound);
    }
  }

  for (let rank = 0, found = 0; ; rank += BATCH) {
    const page = texts.parse(
      await redis.command('ZRANGE', `${keys.prefix}subscriptions-due`, `${rank}`, `${rank + BATCH - 1}`),
    );
    const old = page.filter((id) => id.includes(':'));
    await renameFrom(rank, old);
    found += old.length;
    if (page.length > 0) continue;
    if (found === 0) return; // a whole round without any: renaming moves members within the index
    [rank, found] = [-BATCH, 0];
  }
}

const texts = z.array(z.string());

/** Old key, name and binding of each session on a grant. */
async function sessionsOf(redis: Connection, key: StoreKey, old: string, id: string): Promise<string[]> {
  const answer = await redis.run(SESSIONS, old);
  return z
    .array(z.tuple([z.string(), z.coerce.number()]))
    .parse(answer)
    .flatMap(([session, endsAt]) => {
      const name = key.sessionNameOf(session);
      return [session, name, key.bind(name, id, endsAt)];
    });
}

/** mark, what tells it from others. */
const LOCK_OUT = unguardedScript(`
local before = redis.call('GET', p .. 'copy')
if before and string.find(before, ARGV[2], 1, true) then return 0 end
if before then redis.call('RENAME', p .. 'copy', p .. 'mark') end -- the copy goes on with it
redis.call('SET', p .. 'copy', ARGV[1])
return 1`);

/** id → key and absolute limit of each of its sessions. */
const SESSIONS = unguardedScript(`
local found = {}
for _, key in ipairs(redis.call('SMEMBERS', p .. 'o:' .. ARGV[1])) do
  local ends = redis.call('HGET', p .. 's:' .. key, 'e')
  if ends then table.insert(found, { key, ends }) end
end
return found`);

/** old id, id, sealed, issuer, person, then old key, name and binding of each session. */
const RENAME = unguardedScript(`
local old, id = ARGV[1], ARGV[2]
for _, name in ipairs({ 'grants-due', 'subscriptions-due' }) do
  local at = redis.call('ZSCORE', p .. name, old)
  redis.call('ZREM', p .. name, old)
  if at and grantExists(old) then redis.call('ZADD', p .. name, at, id) end
end
if not grantExists(old) then return 0 end
redis.call('RENAME', p .. 'g:' .. old, p .. 'g:' .. id)
redis.call('HSET', p .. 'g:' .. id, 's', ARGV[3])
redis.call('DEL', p .. 'o:' .. old)
putPerson(id, ARGV[4], ARGV[5])
for i = 6, #ARGV, 3 do
  local key, name = ARGV[i], ARGV[i + 1]
  if redis.call('EXISTS', p .. 's:' .. key) == 1 then
    redis.call('RENAME', p .. 's:' .. key, p .. 's:' .. name)
    redis.call('HSET', p .. 's:' .. name, 'g', id, 'b', ARGV[i + 2])
    redis.call('ZREM', p .. 'ends', old .. ' ' .. key)
    redis.call('ZADD', p .. 'ends', redis.call('HGET', p .. 's:' .. name, 'i'), id .. ' ' .. name)
    redis.call('SADD', p .. 'o:' .. id, name)
    outlive(p .. 'o:' .. id, redis.call('PTTL', p .. 's:' .. name))
  end
end
return 1`);
