/**
 * Names in Redis. All carry one hash tag, so that in a cluster everything a script touches lies on one node: the
 * data set is as large as one shard, and every step is one transaction.
 */
export interface RedisKeys {
  /** What every name begins with. */
  prefix: string;
  /** Fields: `w` write-id, `s` sealed, `l` lease until, `m` its length; of subscriptions `n` state, `h` news at, `h <service>` of one; `z` zone. */
  grant(id: string): string;
  /** The key of this store, sealed: it opens only under the secrets that the other instances have. */
  key: string;
  /** What stood in its place before there was one. */
  ring: string;
  /** The version of what is stored: see STORE_VERSION. */
  version: string;
  /** The mark of a copy: nothing is written while there is one. */
  mark: string;
  /** When it was put back from a backup, while it is held: see restored.ts. */
  heldSince: string;
  /** Where versions before the fourth have it, and look for it. */
  markBefore: string;
  /** The channel for the id of a grant when anything about it has changed. */
  changed: string;
  /** The channel for what instances have learned. */
  messages: string;
}

/*
 * Further names, which only the scripts make:
 * - `s:<key>` a session: `g` grant id, `d` page data, `i` idle limit, `e` absolute limit, `b` binding, `v` last visit of its browser;
 * - `e:<key>` how it ended: `y` why, `a` at, `v` last visit, `g` grant id until `z` outcome; `x:<grant id>` the keys of those; `endings` all keys by when they ended;
 * - `o:<grant id>` the keys of the sessions that own it;
 * - `a:<id>` a spent attempt: `a` answer, `z` result;
 * - `p:<grant id>` whose it is: `i` issuer, `w` sealed; in the outbox `f` since, `t` tries, `n` under way until;
 * - `people` grant ids by when they are due in the outbox; infinite while they are connected;
 * - `ends` "<grant id> <session key>" by idle limit, `grants-due`, `grants-to-renew` and `subscriptions-due` grant ids by when
 *   they are due, their tokens grow old, or their subscriptions are due;
 * - `state:<state>`, `demo:<state>` and `sealed:<key>` the ids of grants that are so, in their order, and `classes` the names
 *   of these; `grants-open` ids by since when a refresh of theirs is open: see connections.ts;
 * - `calls` those that count, `places` who waits, `borrowing` from when on each priority may borrow: see rate-limit.ts;
 * - `restored` grant ids that came back with a backup and were not asked about since, all at 0;
 * - `call-counts` how many calls there were by hour, and by `<hour> busy` how many were refused as too many.
 */

/** @param url names the database: channels are common to all databases of a server, so names carry its number */
export function redisKeys(tag: string, url: string): RedisKeys {
  const database = new URL(url).pathname.slice(1);
  const prefix = `{${Number(database) > 0 ? `${tag}:${database}` : tag}}:`;
  return {
    prefix,
    grant: (id) => `${prefix}g:${id}`,
    key: `${prefix}key`,
    ring: `${prefix}ring`,
    version: `${prefix}version`,
    mark: `${prefix}mark`,
    heldSince: `${prefix}held-since`,
    markBefore: `${prefix}copy`,
    changed: `${prefix}changed`,
    messages: `${prefix}messages`,
  };
}

/** So long our own sweeper has to end things in order. */
const GRACE_MS = 3_600_000;

/**
 * The server's own limit, an hour behind ours.
 *
 * @returns milliseconds from `now` on
 */
export function ttlOf(until: number, now: number): number {
  return Math.max(1, Math.ceil(until - now + GRACE_MS));
}
