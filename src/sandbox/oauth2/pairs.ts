import { DAY } from '../clock.ts';
import type { Db } from '../database.ts';
import type { People } from '../people.ts';
import { looksIssued, type Random } from '../secrets.ts';
import type { Consent } from './codes.ts';
import { accessTokenState, refreshTokenState } from './token-state.ts';

/** Documented for the demo user. @differs data calls (I): once the demo user is unlinked, the tokens are refused as dead ones are */
const DEMO_LIFETIME = DAY;
/** How long the dead are kept for whoever looks on, and how many pairs of one person with them. */
const DEAD_KEPT = 30 * DAY;
const MAX_KEPT = 1000;
/** Of one person to one client; the one that was renewed longest ago gives way (inferred). */
const MAX_CONSENTS = 1000;

/** One access token and the refresh token that came with it. Times in milliseconds. */
export interface Pair {
  id: number;
  /** All pairs that follow from one consent. */
  chain: string;
  client_id: string;
  user_id: number;
  scope: string;
  access_token: string;
  refresh_token: string;
  issued_at: number;
  /** When Withings unlinks by itself: the demo user only. */
  unlinks_at: number | null;
  /** First data call with this access token. */
  used_at: number | null;
  /** When this refresh token first bought a new pair. */
  replaced_at: number | null;
  /** Why the refresh token alone is dead. */
  spent_why: string | null;
  /** Why both tokens are dead. */
  ended_why: string | null;
}

export class Pairs {
  readonly #db: Db;
  readonly #now: () => number;
  readonly #random: Random;
  readonly #people: People;

  constructor(db: Db, now: () => number, random: Random, people: People) {
    this.#people = people;
    this.#db = db;
    this.#now = now;
    this.#random = random;
  }

  /** The first pair of a consent. @differs requesttoken (I): pairs of earlier consents live on */
  open(consent: Consent): Pair {
    const opened = this.#insert({
      chain: this.#random(8),
      parent: null,
      client_id: consent.clientId,
      user_id: consent.userId,
      scope: consent.scope,
      unlinks_at: this.#people.find(consent.userId)?.demo ? consent.consentedAt + DEMO_LIFETIME : null,
    });
    const oldest = this.#db.all<{ chain: string }>(OLDEST, consent.userId, consent.clientId, MAX_CONSENTS);
    for (const { chain } of oldest) this.endChain(chain, 'too many consents');
    return opened;
  }

  /** A new pair for an old refresh token. @differs requesttoken (I): the former access token keeps its own three hours */
  rotate(old: Pair, { grace }: { grace: boolean }): Pair {
    return this.#db.transaction(() => {
      const replaced = 'UPDATE pairs SET replaced_at = coalesce(replaced_at, ?) WHERE id = ?';
      this.#db.run(replaced, this.#now(), old.id);
      if (!grace) this.#spend(old.id, 'replaced, and no grace is given');
      return this.#insert({ ...old, parent: old.id });
    });
  }

  byAccessToken(token: string | undefined): Pair | undefined {
    if (!looksIssued(token)) return undefined;
    return this.#db.get<Pair>('SELECT * FROM pairs WHERE access_token = ?', token);
  }

  byRefreshToken(token: string | undefined): Pair | undefined {
    if (!looksIssued(token)) return undefined;
    return this.#db.get<Pair>('SELECT * FROM pairs WHERE refresh_token = ?', token);
  }

  /** First use of a new access token: the former refresh tokens die with it (documented). */
  use(pair: Pair): void {
    if (pair.used_at !== null) return;
    this.#db.transaction(() => {
      this.#db.run('UPDATE pairs SET used_at = ? WHERE id = ?', this.#now(), pair.id);
      for (const { id } of this.#db.all<{ id: number }>(FORMER_PAIRS, pair.id)) {
        this.#spend(id, 'the new access token was used');
      }
    });
  }

  /** Ends what lives between a person and one client; answers how many pairs that were. */
  end(userId: number, clientId: string, why: string): number {
    const sql = 'UPDATE pairs SET ended_why = ? WHERE user_id = ? AND client_id = ? AND ended_why IS NULL';
    return this.#db.run(sql, why, userId, clientId);
  }

  endChain(chain: string, why: string): void {
    this.#db.run('UPDATE pairs SET ended_why = ? WHERE chain = ? AND ended_why IS NULL', why, chain);
  }

  forgetAll(): void {
    this.#db.run('DELETE FROM pairs');
  }

  /** Newest first. */
  of(userId: number): Pair[] {
    return this.#db.all<Pair>('SELECT * FROM pairs WHERE user_id = ? ORDER BY id DESC', userId);
  }

  #spend(id: number, why: string): void {
    this.#db.run('UPDATE pairs SET spent_why = ? WHERE id = ? AND spent_why IS NULL', why, id);
  }

  #insert(pair: NewPair): Pair {
    const sql = `INSERT INTO pairs
      (chain, parent, client_id, user_id, scope, unlinks_at, access_token, refresh_token, issued_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`;
    const { chain, parent, client_id, user_id, scope, unlinks_at } = pair;
    const tokens = [this.#random(20), this.#random(20)];
    const values = [chain, parent, client_id, user_id, scope, unlinks_at, ...tokens, this.#now()];
    const inserted = this.#db.get<Pair>(sql, ...values);
    if (!inserted) throw new Error('The pair was not stored.');
    this.#forgetDead(user_id);
    return inserted;
  }

  /** Whatever is old, and whatever this person has too much of, unless one of its tokens may still be used. */
  #forgetDead(userId: number): void {
    const now = this.#now();
    for (const pair of this.#db.all<Pair>(OLD_PAIRS, now - DEAD_KEPT, userId, userId, MAX_KEPT)) {
      const states = [accessTokenState(pair, now), refreshTokenState(pair, now)];
      if (this.#people.find(pair.user_id) && states.some(({ state }) => state !== 'dead')) continue;
      this.#db.run('UPDATE pairs SET parent = NULL WHERE parent = ?', pair.id);
      this.#db.run('DELETE FROM pairs WHERE id = ?', pair.id);
    }
  }
}

type NewPair = Pick<Pair, 'chain' | 'client_id' | 'user_id' | 'scope' | 'unlinks_at'> & {
  parent: number | null;
};

const OLDEST = `SELECT chain FROM pairs WHERE user_id = ? AND client_id = ? AND ended_why IS NULL
  GROUP BY chain ORDER BY max(id) DESC LIMIT -1 OFFSET ?`;

const OLD_PAIRS = `SELECT * FROM pairs WHERE issued_at < ? OR (user_id = ? AND id <=
  (SELECT id FROM pairs WHERE user_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?))`;

const FORMER_PAIRS = `
WITH RECURSIVE former (id) AS (
  SELECT parent FROM pairs WHERE id = ?
  UNION SELECT pairs.parent FROM pairs JOIN former ON pairs.id = former.id
)
SELECT id FROM former WHERE id IS NOT NULL`;
