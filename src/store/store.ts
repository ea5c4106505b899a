import type { Issuer } from '../withings/clouds.ts';
import type { AttemptStore } from './attempts.ts';
import type { CallCountStore } from './call-counts.ts';
import type { ConnectionStore } from './connections.ts';
import type { Encryption } from './encryption.ts';
import type { EndingStore } from './endings.ts';
import type { GrantStore } from './grants.ts';
import type { OutboxStore } from './outbox.ts';
import type { RateLimitStore } from './rate-limit.ts';
import type { RestoredStore } from './restored.ts';
import type { SessionStore } from './sessions.ts';
import type { TimezoneStore } from './timezones.ts';

/**
 * Where sessions, grants and attempts are stored. Every promise settles after the change is durable. Times are
 * milliseconds since 1970. Keys are hashes: nobody can sign in with what a copy of the store shows.
 */
export interface Store
  extends SessionStore,
    GrantStore,
    OutboxStore,
    EndingStore,
    RestoredStore,
    AttemptStore,
    SubscriptionStore,
    TimezoneStore,
    RateLimitStore,
    CallCountStore,
    ConnectionStore {
  /**
   * Ends up to `limit` sessions, and forgets as many spent attempts and endings, whose time is over. True: there may be more. Checks the next `limit`
   * grants besides, round and round, for any that no session owns: there should be none.
   */
  removeExpired(now: number, limit: number): Promise<boolean>;
  /** What its records are sealed with; serves what travels through a browser as well. */
  encryption: Encryption;
  /** To and from the processes that share this store; null where they cannot reach each other and have to look. */
  pubsub: PubSub | null;
  /** Writes something and removes it again, as durably as anything. Resolves if that went well: the store can serve. */
  probe(): Promise<void>;
  close(): void;
}

export interface OpeningOptions {
  /** Who this start speaks to: at the first start under this version, who gave what a sandbox gave (renaming.ts). */
  issuer?: Issuer;
  /** Told of a session that somebody else has written. */
  onForged?: () => void;
}

/** What reaches the other processes at once, and may get lost on the way. Nothing of it is stored. */
export interface PubSub {
  /** Gives the id of a grant when anything about it has changed, whoever changed it. */
  onChange(listener: (grantId: string) => void): void;
  /** Sends the others what this process has learned, sealed. */
  publish(text: string): void;
  /** Gives what the others have published. */
  subscribe(listener: (text: string) => void): void;
}

/** What is known of people's subscriptions to notifications: beside the grants, so that nothing here touches a token. */
export interface SubscriptionStore {
  /** Null when nothing is known. */
  readSubscriptions(grantId: string): Promise<StoredSubscriptions | null>;
  /** Stores that beside the grant, with whose end it ends. False: there is no such grant. */
  writeSubscriptions(grantId: string, state: string, dueAt: number): Promise<boolean>;
  /** Remembers that Withings told of news of these services at this moment. False: there is no such grant. */
  recordNews(grantId: string, services: readonly Service[], at: number): Promise<boolean>;
  /** Ids of grants of this issuer whose subscriptions are due, or were never checked. Nobody else is given them for `claimMs`. */
  claimSubscriptions(issuer: Issuer, now: number, claimMs: number, limit: number): Promise<string[]>;
}

export interface StoredSubscriptions {
  /** As it was written; null: none was. */
  state: string | null;
  /** When Withings last told of news; 0: never. */
  newsAt: number;
  /** The same for each service. */
  newsOf: Record<Service, number>;
}

/** What Withings tells news of. */
export const SERVICES = ['measures', 'activity', 'nights'] as const;
export type Service = (typeof SERVICES)[number];

/**
 * The version of what is stored, the same number in every store. A store of an older version is brought up to it when
 * it is opened, by one step for each number; a step that was released is never changed.
 */
export const STORE_VERSION = 8;

/** Why a store is left alone that a newer version of this program wrote; null: none did. */
export function newerThanKnown(place: string, version: number): string | null {
  if (version <= STORE_VERSION) return null;
  return `${place} was written by a newer version of this program (its schema is ${version}, this one knows ${STORE_VERSION}): run that version.`;
}

/** Why a program that may not write leaves a store alone: it is of another version; null: it is not. */
export function otherThanKnown(place: string, version: number): string | null {
  if (version >= STORE_VERSION) return newerThanKnown(place, version);
  if (version === 0)
    return `${place} has no store of ours, or one from before versions: start the app first.`;
  return `${place} was written by an older version of this program (its schema is ${version}, this one knows ${STORE_VERSION}): start the app of this version first.`;
}
