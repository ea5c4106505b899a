import type { Service } from '../store/store.ts';

/** What an application can be told of, in the process where it happens and once. `owner`: as the application names them. */
export interface ConnectEvents {
  /** Somebody has connected, and their tokens are stored. */
  connected: { owner: string; userId: string };
  /** Withings told of news of these services; only with `webhooks`. */
  news: { owner: string; services: readonly Service[] };
  /** A connection is over. `code`: why Withings takes its tokens no more, as in docs/errors.md; null: an owner has disconnected. */
  ended: { owner: string; code: string | null };
}

export interface Events {
  /** @returns ends it */
  on<Name extends keyof ConnectEvents>(
    name: Name,
    listener: (event: ConnectEvents[Name]) => unknown,
  ): () => void;
  emit<Name extends keyof ConnectEvents>(name: Name, event: ConnectEvents[Name]): void;
}

/** @param onError told of what a listener throws, at once or later: nobody else hears of it */
export function createEvents(onError: (error: unknown) => void): Events {
  const listeners: { [Name in keyof ConnectEvents]: Set<(event: ConnectEvents[Name]) => unknown> } = {
    connected: new Set(),
    news: new Set(),
    ended: new Set(),
  };
  return {
    on(name, listener) {
      const heard = listeners[name];
      if (!heard)
        throw new TypeError(`connect.on: '${name}' is none of ${Object.keys(listeners).join(', ')}`);
      heard.add(listener);
      return () => void heard.delete(listener);
    },
    emit(name, event) {
      for (const listener of listeners[name]) {
        new Promise((resolve) => resolve(listener(event))).catch(onError);
      }
    },
  };
}
