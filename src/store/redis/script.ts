import { createHash } from 'node:crypto';
import { PRELUDE } from './prelude.ts';

/** Lua that Redis runs as one step, for all instances alike. */
export interface Script {
  text: string;
  /** Redis' name for it. */
  sha1: string;
}

/** A store that is being copied, or was, takes no writes, from nobody. */
const REFUSE_MARKED = `
if redis.call('EXISTS', p .. 'copy') == 1 then return redis.error_reply('FROZEN this store has a mark of the copy') end
`;

/**
 * Every change in Redis is one of these. `p`, KEYS[1], is the prefix of all names; times are milliseconds; `''` stands
 * for null. A TTL is what is left of a record by the clock of the instance: the server itself forgets it then, whether
 * or not anybody sweeps.
 */
export function script(body: string): Script {
  return unguardedScript(REFUSE_MARKED + body);
}

/** For what only reads, and for the copy itself. */
export function unguardedScript(body: string): Script {
  const text = PRELUDE + body;
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}
