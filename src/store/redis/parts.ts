import type { Encryption } from '../encryption.ts';
import type { Connection } from './connection.ts';
import type { RedisKeys } from './keys.ts';

/** What each part of the store in Redis is built of. */
export interface RedisParts {
  redis: Connection;
  keys: RedisKeys;
  encryption: Encryption;
  /** How long the server keeps a record that is over at this moment, in milliseconds. */
  ttlUntil: (at: number) => number;
  /** What scripts take for the time: `''` is the server's own clock. */
  clock: () => number | '';
}
