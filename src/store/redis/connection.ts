import { createHash } from 'node:crypto';
import { openClient, type RedisClient, RedisError } from './client.ts';
import { SCRIPTS, type ScriptName } from './scripts.ts';

export type Argument = string | number | null;

/** What the store asks of Redis. */
export interface Connection {
  run(script: ScriptName, ...args: Argument[]): Promise<unknown>;
  /** The same, and resolves only when the change is on disk, in the way that this server offers. */
  runDurably(script: ScriptName, ...args: Argument[]): Promise<unknown>;
  command(...words: string[]): Promise<unknown>;
  /** Tells of every message on a channel, until the end. */
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  /** From now on `runDurably` waits for the append-only file (WAITAOF, Redis 7.2). */
  waitForFile(): Promise<void>;
  close(): void;
}

/** A page must say within a second that the store is away. */
const ANSWER_WITHIN_MS = 800;
/** With `appendfsync everysec` the next sync is up to a second away, and the one before may be under way. */
const ON_DISK_WITHIN_MS = 3000;

/**
 * @param url of one primary
 * @param prefix KEYS[1] of every script
 * @throws RedisError when it cannot be reached
 */
export async function connectRedis(url: string, prefix: string, open = openClient): Promise<Connection> {
  const client = await open(url, ANSWER_WITHIN_MS);
  const others: RedisClient[] = [];
  let ear: Promise<RedisClient> | undefined;
  let runDurably = run;

  async function another(patienceMs: number): Promise<RedisClient> {
    const opened = await open(url, patienceMs);
    others.push(opened);
    return opened;
  }

  function run(name: ScriptName, ...args: Argument[]): Promise<unknown> {
    return evaluate(client.send, prefix, name, args);
  }

  return {
    run,
    runDurably: (name, ...args) => runDurably(name, ...args),
    command: (...words) => client.send(words),
    async subscribe(channel, listener) {
      ear ??= another(ANSWER_WITHIN_MS);
      await (await ear).subscribe(channel, listener);
    },
    async waitForFile() {
      const slow = await another(ON_DISK_WITHIN_MS); // while one waits for the disk, its client stands still
      const onDisk = oneForAll(() => slow.send(['WAITAOF', '1', '0', String(ON_DISK_WITHIN_MS)]));
      runDurably = async (name, ...args) => {
        const epoch = slow.epoch();
        const answer = await evaluate(slow.send, prefix, name, args);
        const [local] = (await onDisk()) as [number, number];
        // A new client knows nothing of what was written on the old one, and says "on disk" at once.
        if (local < 1 || slow.epoch() !== epoch) {
          throw new RedisError('REDIS_NOT_DURABLE', 'Redis has not written to its disk in time');
        }
        return answer;
      };
    },
    close: () => {
      for (const each of [client, ...others]) each.close();
    },
  };
}

async function evaluate(
  send: (words: string[]) => Promise<unknown>,
  prefix: string,
  name: ScriptName,
  args: Argument[],
): Promise<unknown> {
  const words = ['1', prefix, ...args.map((arg) => (arg === null ? '' : String(arg)))];
  try {
    return await send(['EVALSHA', HASHES[name], ...words]);
  } catch (error) {
    if ((error as RedisError).message !== 'NOSCRIPT') throw error;
    return send(['EVAL', SCRIPTS[name], ...words]);
  }
}

const HASHES = Object.fromEntries(
  Object.entries(SCRIPTS).map(([name, text]) => [name, createHash('sha1').update(text).digest('hex')]),
) as Record<ScriptName, string>;

/** One question at a time; whoever comes while it is asked shares the next one, which is sent after they came. */
function oneForAll<T>(ask: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | null = null;
  return () => {
    next ??= running.then(() => {
      next = null;
      const asked = ask();
      running = asked.catch(() => {});
      return asked;
    });
    return next;
  };
}
