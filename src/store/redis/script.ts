import { createHash } from 'node:crypto';
import { PRELUDE } from './prelude.ts';

/** Lua that Redis runs as one step, for all instances alike. */
export interface Script {
  text: string;
  /** Redis' name for it. */
  sha1: string;
}

/**
 * Every change in Redis is one of these. `p`, KEYS[1], is the prefix of all names; times are milliseconds; `''` stands
 * for null. A TTL is what is left of a record by the clock of the instance: the server itself forgets it then, whether
 * or not anybody sweeps.
 */
export function script(body: string): Script {
  const text = PRELUDE + body;
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}
