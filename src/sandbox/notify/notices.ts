import type { Changes } from '../changes.ts';
import { HOUR, SECOND } from '../clock.ts';
import type { Pairs } from '../oauth2/pairs.ts';
import type { People, Person } from '../people.ts';
import { USER_EVENTS } from './categories.ts';
import { newsOf } from './news.ts';
import type { Outbox } from './outbox.ts';
import type { Owner, Subscription, Subscriptions } from './subscriptions.ts';

const LOOK_AROUND = SECOND;

export interface NoticeParts {
  subscriptions: Subscriptions;
  outbox: Outbox;
  people: People;
  pairs: Pairs;
  changes: Changes;
  /** Milliseconds on the sandbox's clock. */
  now: () => number;
}

/** Notifies who subscribed: of what the devices bring, by the movable clock, and of who removes the app. */
export class Notices {
  readonly #parts: NoticeParts;
  readonly #stop: () => void;
  #round: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(parts: NoticeParts) {
    this.#parts = parts;
    const timer = setInterval(() => this.#look(), LOOK_AROUND).unref();
    const unsubscribe = parts.changes.subscribe(() => this.#look());
    this.#stop = () => {
      clearInterval(timer);
      unsubscribe();
    };
  }

  /** A reading outside the routine (`appli` 1: weight). Seconds since 1970. */
  onMeasured({ userId }: Person, appli: number, startdate: number, enddate: number): void {
    const fields = { startdate: String(startdate), enddate: String(enddate) };
    for (const subscription of this.#parts.subscriptions.all()) {
      if (subscription.user_id === userId && subscription.appli === appli) this.#notify(subscription, fields);
    }
  }

  /** The person has removed the app or is deleted: who asked for user events is notified, and all subscriptions end. */
  onRemoval(user_id: number, client_id: string, action: 'unlink' | 'delete'): void {
    for (const subscription of this.#parts.subscriptions.of({ user_id, client_id })) {
      if (subscription.appli === USER_EVENTS) this.#notify(subscription, { action });
    }
    this.unsubscribe(user_id, client_id);
  }

  /** Ends the subscriptions without notifying anybody. */
  unsubscribe(user_id: number, client_id: string): void {
    const { subscriptions } = this.#parts;
    for (const { id } of subscriptions.of({ user_id, client_id })) subscriptions.remove(id);
  }

  clear(): void {
    this.#parts.subscriptions.removeAll();
    this.#parts.outbox.clear();
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#parts.outbox.close();
  }

  /** One round at a time; whatever happens meanwhile is for the next one. */
  #look(): void {
    this.#again = true;
    this.#round ??= this.#goRound()
      // A file that cannot be written to fails the API's calls aloud; the next look tries again.
      .catch(() => undefined)
      .finally(() => {
        this.#round = undefined;
      });
  }

  async #goRound(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      for (const subscription of this.#parts.subscriptions.all()) this.#bringNews(subscription);
      await this.#parts.outbox.send();
    }
  }

  #bringNews(subscription: Subscription): void {
    const { people, subscriptions, now } = this.#parts;
    const { id, user_id, client_id, appli, told_until } = subscription;
    const person = people.find(user_id);
    if (!person || this.#isUnlinked(subscription)) {
      this.onRemoval(user_id, client_id, person ? 'unlink' : 'delete');
      return;
    }
    const news = newsOf(person, appli, told_until, now());
    if (news) this.#notify(subscription, news);
    // Looked through once an hour at least, so that no round has far to look back.
    if (news || now() - told_until > HOUR) subscriptions.toldUntil(id, now());
  }

  /** Only the demo user is unlinked by the clock alone. */
  #isUnlinked({ user_id, client_id }: Owner): boolean {
    const ends = this.#parts.pairs
      .of(user_id)
      .filter((pair) => pair.client_id === client_id && pair.ended_why === null)
      .map(({ unlinks_at }) => unlinks_at ?? Number.POSITIVE_INFINITY);
    return ends.length > 0 && Math.max(...ends) <= this.#parts.now();
  }

  #notify(subscription: Subscription, fields: Record<string, string>): void {
    const { user_id, appli } = subscription;
    this.#parts.outbox.add(subscription, { userid: String(user_id), appli: String(appli), ...fields });
  }
}
