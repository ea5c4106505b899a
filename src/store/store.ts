import type { AttemptStore } from './attempts.ts';
import type { GrantStore } from './grants.ts';
import type { PubSub } from './pubsub.ts';
import type { RateLimitStore } from './rate-limit.ts';
import type { SessionStore } from './sessions.ts';
import type { SubscriptionStore } from './subscriptions.ts';

/**
 * Where sessions, grants and attempts are stored. Every promise settles after the change is durable. Times are
 * milliseconds since 1970. Keys are hashes: nobody can sign in with what a copy of the store shows.
 */
export interface Store extends SessionStore, GrantStore, AttemptStore, SubscriptionStore, RateLimitStore {
  /**
   * Ends up to `limit` sessions and attempts whose time is over. True: there may be more. Checks the next `limit`
   * grants besides, round and round, for any that no session owns: there should be none.
   */
  removeExpired(now: number, limit: number): Promise<boolean>;
  /** To and from the processes that share this store; null where they cannot reach each other and have to look. */
  pubsub: PubSub | null;
  /** Resolves if the store can answer. */
  ping(): Promise<void>;
  close(): void;
}
