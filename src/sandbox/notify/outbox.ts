import { DAY, HOUR, MINUTE, SECOND } from '../clock.ts';
import type { Db } from '../database.ts';
import type { Subscription, Subscriptions } from './subscriptions.ts';

/** Documented: five rounds of two attempts, so long after one another; then it is given up. */
const PAUSES = [10 * SECOND, MINUTE, HOUR, 4 * HOUR];
const ATTEMPTS = 2;
/** Documented: a subscription that fails for so long is ended. */
const MOST_FAILING = 20 * DAY;
/** "A few seconds" (documented), of real time. */
const PATIENCE_MS = 5 * SECOND;
const MOST_WAITING = 1000;
const MOST_AT_ONCE = 20;

export type Fetch = typeof globalThis.fetch;
/** What was sent and what came of it. */
export type Note = (url: string, fields: ReadonlyMap<string, string>, outcome: string) => void;

interface Letter {
  id: number;
  subscription: number;
  url: string;
  body: string;
  rounds: number;
}

/** Notifications on their way: unsigned forms, posted again while nobody takes them. They survive a restart. */
export class Post {
  readonly #db: Db;
  readonly #now: () => number;
  readonly #fetch: Fetch;
  readonly #subscriptions: Subscriptions;
  readonly #note: Note;
  readonly #closing = new AbortController();

  constructor(db: Db, now: () => number, fetch: Fetch, subscriptions: Subscriptions, note: Note) {
    this.#db = db;
    this.#now = now;
    this.#fetch = fetch;
    this.#subscriptions = subscriptions;
    this.#note = note;
  }

  add({ id, url }: Subscription, fields: Record<string, string>): void {
    const waiting = this.#db.get<{ n: number }>('SELECT count(*) AS n FROM letters')?.n ?? 0;
    if (waiting >= MOST_WAITING) return;
    const sql = 'INSERT INTO letters (subscription, url, body, rounds, due_at) VALUES (?, ?, ?, 0, ?)';
    this.#db.run(sql, id, url, String(new URLSearchParams(fields)), this.#now());
  }

  /** Sends what is due; ends when all of it is sent or put off. */
  async send(): Promise<void> {
    const sql = 'SELECT * FROM letters WHERE due_at <= ? ORDER BY id LIMIT ?';
    const due = this.#db.all<Letter>(sql, this.#now(), MOST_AT_ONCE);
    await Promise.all(due.map((letter) => this.#deliver(letter)));
    if (due.length === MOST_AT_ONCE && !this.#closing.signal.aborted) await this.send();
  }

  clear(): void {
    this.#db.run('DELETE FROM letters');
  }

  close(): void {
    this.#closing.abort();
  }

  async #deliver(letter: Letter): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const taken = await this.#attempt(letter);
      if (this.#closing.signal.aborted) return;
      if (taken) {
        this.#db.run('DELETE FROM letters WHERE id = ?', letter.id);
        return this.#subscriptions.cameThrough(letter.subscription);
      }
    }
    this.#putOff(letter);
  }

  /** Any answer below 400 will do (documented); a redirect is not followed. */
  async #attempt({ url, body }: Letter): Promise<boolean> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const form = new URLSearchParams(body);
    let status: number | undefined;
    try {
      const answer = await this.#fetch(url, { method: 'POST', body: form, redirect: 'manual', signal });
      status = answer.status;
      await answer.body?.cancel();
    } catch {
      // Nobody there, or too slow: as good as refused.
    }
    if (this.#closing.signal.aborted) return false;
    this.#note(url, new Map(form), status === undefined ? 'no answer' : String(status));
    return status !== undefined && status < 400;
  }

  #putOff({ id, subscription, rounds }: Letter): void {
    this.#subscriptions.failed(subscription, MOST_FAILING);
    const pause = PAUSES[rounds];
    if (pause === undefined) this.#db.run('DELETE FROM letters WHERE id = ?', id);
    else
      this.#db.run(
        'UPDATE letters SET rounds = ?, due_at = ? WHERE id = ?',
        rounds + 1,
        this.#now() + pause,
        id,
      );
  }
}
