import type { Db } from '../database.ts';

/** One person, one category, one callback URL. Times in milliseconds. */
export interface Subscription {
  id: number;
  client_id: string;
  user_id: number;
  appli: number;
  url: string;
  comment: string;
  /** What was measured up to here has been told. */
  told_until: number;
  /** Since when no notification has come through. */
  failing_since: number | null;
}

/** Whose subscriptions: a person's, made by one client. */
export interface Owner {
  user_id: number;
  client_id: string;
}

export type Changed = Pick<Subscription, 'appli' | 'url' | 'comment'>;

export class Subscriptions {
  readonly #db: Db;
  readonly #now: () => number;

  constructor(db: Db, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  all(): Subscription[] {
    return this.#db.all<Subscription>('SELECT * FROM subscriptions ORDER BY id');
  }

  of({ user_id, client_id }: Owner): Subscription[] {
    const sql = 'SELECT * FROM subscriptions WHERE user_id = ? AND client_id = ? ORDER BY id';
    return this.#db.all<Subscription>(sql, user_id, client_id);
  }

  count(): number {
    return this.#db.get<{ n: number }>('SELECT count(*) AS n FROM subscriptions')?.n ?? 0;
  }

  /** Twice the same is one, with the later comment. */
  add({ user_id, client_id }: Owner, { appli, url, comment }: Changed): void {
    const sql = `INSERT INTO subscriptions (user_id, client_id, appli, url, comment, told_until)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (user_id, client_id, appli, url) DO UPDATE SET comment = excluded.comment`;
    this.#db.run(sql, user_id, client_id, appli, url, comment, this.#now());
  }

  change(id: number, { appli, url, comment }: Changed): void {
    const sql = 'UPDATE OR REPLACE subscriptions SET appli = ?, url = ?, comment = ? WHERE id = ?';
    this.#db.run(sql, appli, url, comment, id);
  }

  toldUntil(id: number, at: number): void {
    this.#db.run('UPDATE subscriptions SET told_until = ? WHERE id = ?', at, id);
  }

  cameThrough(id: number): void {
    this.#db.run('UPDATE subscriptions SET failing_since = NULL WHERE id = ?', id);
  }

  /** Ends it once it has failed for so many milliseconds. */
  failed(id: number, maxFailing: number): void {
    const sql = 'UPDATE subscriptions SET failing_since = coalesce(failing_since, ?) WHERE id = ?';
    this.#db.run(sql, this.#now(), id);
    this.#db.run(
      'DELETE FROM subscriptions WHERE id = ? AND failing_since <= ?',
      id,
      this.#now() - maxFailing,
    );
  }

  remove(id: number): void {
    this.#db.run('DELETE FROM subscriptions WHERE id = ?', id);
  }

  removeAll(): void {
    this.#db.run('DELETE FROM subscriptions');
  }
}
