import type { Observer } from '../operations/observer.ts';
import type { Service } from '../store/store.ts';
import { servicesOf } from '../webhooks/categories.ts';
import { shown } from './option-formats.ts';
import type { Owners } from './owners.ts';

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
      if (!Object.hasOwn(listeners, name))
        throw new TypeError(`connect.on: ${shown(name)} is none of ${Object.keys(listeners).join(', ')}`);
      if (typeof listener !== 'function')
        throw new TypeError(`connect.on: the listener must be a function, and is ${shown(listener)}`);
      listeners[name].add(listener);
      return () => void listeners[name].delete(listener);
    },
    emit(name, event) {
      for (const listener of listeners[name]) {
        new Promise((resolve) => resolve(listener(event))).catch(onError);
      }
    },
  };
}

/** What happens to grants, as events of whoever owns them. */
export function eventsOfGrants(
  events: Pick<Events, 'emit'>,
  owners: Pick<Owners, 'of'>,
  onError: (error: unknown) => void,
): Pick<Observer, 'onLost' | 'onHandled'> {
  const eachOwner = (grantId: string, tell: (owner: string) => void) =>
    void owners.of(grantId).then((all) => all.forEach(tell), onError);
  return {
    onLost: (grantId, { code }) => eachOwner(grantId, (owner) => events.emit('ended', { owner, code })),
    onHandled(grantId, appli, outcome) {
      const services = servicesOf(appli);
      if (outcome === 'recorded') eachOwner(grantId, (owner) => events.emit('news', { owner, services }));
    },
  };
}
