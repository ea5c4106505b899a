import type { Encryption } from '../encryption.ts';
import type { PubSub } from '../store.ts';
import type { Connection } from './connection.ts';
import type { RedisKeys } from './keys.ts';

/** Channels of Redis: scripts publish what they change, instances what they learn. */
export async function redisPubSub(
  redis: Connection,
  keys: RedisKeys,
  encryption: Encryption,
): Promise<PubSub> {
  const onChange: ((id: string) => void)[] = [];
  const onMessage: ((text: string) => void)[] = [];
  await redis.subscribe(keys.changed, (id) => {
    for (const listener of onChange) listener(id);
  });
  await redis.subscribe(keys.messages, (sealed) => {
    const text = openMessage(sealed);
    if (text !== null) for (const listener of onMessage) listener(text);
  });

  /** Anybody who reaches this Redis can publish here: what is not sealed with our key is ignored. */
  function openMessage(sealed: string): string | null {
    try {
      return encryption.open(sealed, keys.messages);
    } catch {
      return null;
    }
  }

  return {
    onChange: (listener) => void onChange.push(listener),
    subscribe: (listener) => void onMessage.push(listener),
    publish(text) {
      redis.command('PUBLISH', keys.messages, encryption.seal(text, keys.messages)).catch(() => {}); // the others ask for themselves
    },
  };
}
