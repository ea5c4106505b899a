import type { Sealer } from '../sealing.ts';
import type { Between } from '../store.ts';
import type { Connection } from './connection.ts';
import type { RedisKeys } from './keys.ts';

/** Channels of Redis: what changed is told by the scripts themselves, what was learned by whoever learned it. */
export async function redisBetween(redis: Connection, keys: RedisKeys, sealer: Sealer): Promise<Between> {
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
      return sealer.open(sealed, keys.word);
    } catch {
      return null;
    }
  }

  return {
    onChange: (listener) => void onChange.push(listener),
    hear: (listener) => void onWord.push(listener),
    say(text) {
      redis.command('PUBLISH', keys.word, sealer.seal(text, keys.word)).catch(() => {}); // the others ask for themselves
    },
  };
}
