import type { Encryption } from '../encryption.ts';
import { openClient, type RedisClient } from './client.ts';
import type { RedisError } from './errors.ts';
import type { RedisKeys } from './keys.ts';
import type { Script } from './script.ts';

export type Argument = string | number | null;

/** What the store asks of Redis. */
export interface Connection {
  run(script: Script, ...args: Argument[]): Promise<unknown>;
  command(...words: string[]): Promise<unknown>;
  /** Gives every message on a channel, until the end. */
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  close(): void;
}

/** A page must say within a second that the store is away. */
const ANSWER_WITHIN_MS = 800;

/**
 * @param url of one primary
 * @param prefix KEYS[1] of every script
 * @throws RedisError when it cannot be reached
 */
export async function connectRedis(url: string, prefix: string, open = openClient): Promise<Connection> {
  const client = await open(url, ANSWER_WITHIN_MS);
  /** A client that is subscribed can do nothing else. */
  let subscriber: Promise<RedisClient> | undefined;

  return {
    async run({ text, sha1 }, ...args) {
      const words = ['1', prefix, ...args.map((arg) => (arg === null ? '' : String(arg)))];
      try {
        return await client.send(['EVALSHA', sha1, ...words]);
      } catch (error) {
        if ((error as RedisError).reply !== 'NOSCRIPT') throw error;
        return client.send(['EVAL', text, ...words]);
      }
    },
    command: (...words) => client.send(words),
    async subscribe(channel, listener) {
      subscriber ??= open(url, ANSWER_WITHIN_MS);
      await (await subscriber).subscribe(channel, listener);
    },
    close() {
      client.close();
      subscriber?.then(
        (opened) => opened.close(),
        () => {},
      );
    },
  };
}

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
