import {
  ClientOfflineError,
  ConnectionTimeoutError,
  createClient,
  ErrorReply,
  ReconnectStrategyError,
  SocketTimeoutError,
} from '@redis/client';
import { createTimeouts } from '../timeout.ts';
import { noConnection, RedisError, refusal } from './errors.ts';

/** One connection to Redis on which nothing hangs: what is not answered in time has failed. */
export interface RedisClient {
  /** @throws RedisError; what was sent may still take effect when the server wakes up */
  send(words: string[]): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  close(): void;
}

const CONNECT_WITHIN_MS = 1000;
/** A server that says nothing for so long, pings included, is gone: a new connection is tried. */
const SILENCE_MS = 5000;
const RECONNECT_AT_MOST_MS = 500;
/** The default of 16 KB lets out eighty commands a tick of the event loop: too few when the loop is busy. */
const WRITES = { writableHighWaterMark: 4 * 1024 * 1024 };

/** What a server says that is no primary of ours any more: the address leads to the new one, an old connection does not. */
const LEFT = new Set(['READONLY', 'MOVED', 'MASTERDOWN', 'CLUSTERDOWN']);

/** @throws RedisError when it cannot be reached, or does not let us in */
export async function openClient(url: string, timeoutMs: number): Promise<RedisClient> {
  const timeouts = createTimeouts();
  let client = await connected(url, (asked) => timeouts.for(asked.sendCommand(['PING']), timeoutMs, tooLate));

  function leave(): void {
    const old = client;
    client = create(url, () => true);
    client.connect().catch(() => {});
    old.destroy();
  }

  return {
    async send(words) {
      const asked = client;
      try {
        return await timeouts.for(asked.sendCommand<unknown>(words), timeoutMs, tooLate);
      } catch (error) {
        const refused = error instanceof ClientOfflineError ? whyAway(asked) : explained(error);
        if (asked === client && LEFT.has(refused.reply ?? '')) leave();
        throw refused;
      }
    },
    async subscribe(channel, listener) {
      await client.subscribe(channel, listener);
    },
    close: () => client.destroy(),
  };
}

type Client = ReturnType<typeof create>;

/** @param ask the first thing: too many clients, no password, still loading are said to that */
async function connected(url: string, ask: (client: Client) => Promise<unknown>): Promise<Client> {
  let everConnected = false;
  const client = create(url, () => everConnected);
  try {
    await client.connect();
    await ask(client);
  } catch (error) {
    if (client.isOpen) client.destroy();
    throw explained(error);
  }
  everConnected = true;
  return client;
}

/** @param mayRetry whether a connection that is down is made again and again */
function create(url: string, mayRetry: () => boolean) {
  const client = createClient({
    url,
    RESP: 2,
    disableClientInfo: true, // one command less to allow
    disableOfflineQueue: true, // a request that waits for Redis to return is a page that hangs
    commandsQueueMaxLength: 100_000,
    pingInterval: 1000,
    socket: {
      ...WRITES,
      connectTimeout: CONNECT_WITHIN_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: (tries, cause) =>
        mayRetry() ? Math.min(25 * 2 ** Math.min(tries, 5), RECONNECT_AT_MOST_MS) : cause,
    },
  });
  client.on('error', (error) => faults.set(client, error)); // each call says so itself
  client.on('ready', () => faults.delete(client));
  return client;
}

/** Why the last attempt at a connection came to nothing, for as long as there is none. */
const faults = new WeakMap<object, unknown>();

function whyAway(client: Client): RedisError {
  return new RedisError('REDIS_UNAVAILABLE', explained(faults.get(client) ?? {}).message);
}

function explained(error: unknown): RedisError {
  if (error instanceof RedisError) return error;
  if (error instanceof ConnectionTimeoutError || error instanceof SocketTimeoutError) return tooLate();
  if (error instanceof ReconnectStrategyError) return explained(error.originalError);
  return error instanceof ErrorReply ? refusal(error.message) : noConnection(error);
}

const tooLate = () => new RedisError('REDIS_UNAVAILABLE', 'Redis did not answer in time');
