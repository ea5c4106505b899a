import { newerThanKnown } from '../store.ts';
import type { StoreKey } from '../store-key.ts';
import type { Connection } from './connection.ts';
import { classifyAll } from './connections.ts';
import { unfit } from './errors.ts';
import type { RedisKeys } from './keys.ts';
import { renameAll } from './renaming.ts';
import { type Script, unguardedScript } from './script.ts';

/** Makes what is stored under one version into what the next expects, unless another instance has done so; also for the copy. */
function step(from: number, body: string): Script {
  return unguardedScript(`
if (redis.call('GET', p .. 'version') or '0') ~= '${from}' then return 0 end
${body}
redis.call('SET', p .. 'version', '${from + 1}')
return 1`);
}

/** See STORE_VERSION. The first takes up what was stored before there were versions. */
const STEPS: Script[] = [
  step(0, ''),
  step(
    1,
    `
local names = { attend = 'grants-due', due = 'subscriptions-due', tries = 'attempts', pace = 'rate-limit' }
for old, new in pairs(names) do
  if redis.call('EXISTS', p .. old) == 1 then redis.call('RENAME', p .. old, p .. new) end
end`,
  ),
  // Attempts that were begun but not spent are stored no more; the server forgets each within the hour.
  step(2, `redis.call('DEL', p .. 'attempts', p .. 'rate-limit')`),
];

/** @throws RedisError, code `REDIS_UNFIT`, when a newer version of this program wrote what is here */
export async function refuseNewer(redis: Pick<Connection, 'command'>, keys: RedisKeys): Promise<void> {
  const words = newerThanKnown('What this Redis holds', Number(await redis.command('GET', keys.version)));
  if (words !== null) throw unfit(words);
}

/** Brings what is here up to STORE_VERSION. */
export async function migrate(
  redis: Connection,
  keys: RedisKeys,
  key: StoreKey,
  opening: Parameters<typeof renameAll>[3],
): Promise<void> {
  for (const next of STEPS) await redis.run(next);
  if ((await redis.command('GET', keys.version)) === '3') {
    await renameAll(redis, keys, key, opening);
    await redis.run(RENAMED);
  }
  await redis.run(NEW_RATE_LIMIT);
  await redis.run(TO_RENEW);
  await redis.run(RESTORED);
  if ((await redis.command('GET', keys.version)) === '7') {
    await classifyAll(redis, keys, opening.encryption);
    await redis.run(CLASSIFIED);
  }
}

const RENAMED = step(3, `redis.call('DEL', p .. 'ring')`);
/** How old tokens are stands nowhere outside of what is sealed: the sweeper looks at each grant once. */
const TO_RENEW = step(
  5,
  `
for _, id in ipairs(redis.call('ZRANGE', p .. 'subscriptions-due', 0, -1)) do
  redis.call('ZADD', p .. 'grants-to-renew', 0, id)
end`,
);
/** Which grants came back with a backup is listed beside them: nothing changes. */
const RESTORED = step(6, '');
const NEW_RATE_LIMIT = step(4, `redis.call('DEL', p .. 'rate-limit:calls', p .. 'rate-limit:codes')`);
const CLASSIFIED = step(7, '');
