import type { Encryption } from '../encryption.ts';
import type { PubSub } from '../pubsub.ts';
import type { Connection } from './connection.ts';
import type { RedisKeys } from './keys.ts';

/** Channels of Redis: what changed is told by the scripts themselves, what was learned by whoever learned it. */
export async function redisPubSub(
  redis: Connection,
  keys: RedisKeys,
  encryption: Encryption,
): Promise<PubSub> {
  const onChange: ((id: string) => void)[] = [];
  const onWord: ((text: string) => void)[] = [];
  await redis.subscribe(keys.changed, (id) => {
    for (const listener of onChange) listener(id);
  });
  await redis.subscribe(keys.word, (sealed) => {
    const text = openWord(sealed);
    if (text !== null) for (const listener of onWord) listener(text);
  });

  /** Anybody who reaches this Redis can speak on its channels; only who has our key is listened to. */
  function openWord(sealed: string): string | null {
    try {
      return encryption.open(sealed, keys.word);
    } catch {
      return null;
    }
  }

  return {
    onChange: (listener) => void onChange.push(listener),
    subscribe: (listener) => void onWord.push(listener),
    publish(text) {
      redis.command('PUBLISH', keys.word, encryption.seal(text, keys.word)).catch(() => {}); // the others ask for themselves
    },
  };
}
