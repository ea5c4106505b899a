import { NotCallableError } from '../clients.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../clock.ts';
import type { Db } from '../database.ts';
import type { Subscription, Subscriptions } from './subscriptions.ts';

/** Documented: five rounds of two attempts, so long after one another; then it is given up. */
const PAUSES = [10 * SECOND, MINUTE, HOUR, 4 * HOUR];
const ATTEMPTS = 2;
/** Documented: a subscription that fails for so long is ended. */
const MAX_FAILING = 20 * DAY;
/** "A few seconds" (documented), of real time. */
const TIMEOUT_MS = 5 * SECOND;
const MAX_WAITING = 1000;
const MAX_AT_ONCE = 20;

export type Fetch = typeof globalThis.fetch;
/** Hears what was sent and what came of it. */
export type OnAttempt = (url: string, fields: ReadonlyMap<string, string>, outcome: string) => void;

interface Message {
  id: number;
  subscription: number;
  url: string;
  body: string;
  rounds: number;
}

/** Notifications on their way: unsigned forms, sent again until they are taken. They survive a restart. */
export class Outbox {
  readonly #db: Db;
  readonly #now: () => number;
  readonly #fetch: Fetch;
  readonly #subscriptions: Subscriptions;
  readonly #onAttempt: OnAttempt;
  readonly #closing = new AbortController();

  constructor(db: Db, now: () => number, fetch: Fetch, subscriptions: Subscriptions, onAttempt: OnAttempt) {
    this.#db = db;
    this.#now = now;
    this.#fetch = fetch;
    this.#subscriptions = subscriptions;
    this.#onAttempt = onAttempt;
  }

  add({ id, url }: Subscription, fields: Record<string, string>): void {
    const waiting = this.#db.get<{ n: number }>('SELECT count(*) AS n FROM outbox')?.n ?? 0;
    if (waiting >= MAX_WAITING) return;
    const sql = 'INSERT INTO outbox (subscription, url, body, rounds, due_at) VALUES (?, ?, ?, 0, ?)';
    this.#db.run(sql, id, url, String(new URLSearchParams(fields)), this.#now());
  }

  /** Sends what is due; ends when all of it is sent or postponed. */
  async send(): Promise<void> {
    const sql = 'SELECT * FROM outbox WHERE due_at <= ? ORDER BY id LIMIT ?';
    const due = this.#db.all<Message>(sql, this.#now(), MAX_AT_ONCE);
    await Promise.all(due.map((message) => this.#deliver(message)));
    if (due.length === MAX_AT_ONCE && !this.#closing.signal.aborted) await this.send();
  }

  clear(): void {
    this.#db.run('DELETE FROM outbox');
  }

  close(): void {
    this.#closing.abort();
  }

  async #deliver(message: Message): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const taken = await this.#attempt(message);
      if (this.#closing.signal.aborted) return;
      if (taken) {
        this.#db.run('DELETE FROM outbox WHERE id = ?', message.id);
        return this.#subscriptions.cameThrough(message.subscription);
      }
    }
    this.#postpone(message);
  }

  /** Any answer below 400 will do (documented); a redirect is not followed. */
  async #attempt({ url, body }: Message): Promise<boolean> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const form = new URLSearchParams(body);
    let outcome = 'no answer';
    let taken = false;
    try {
      const answer = await this.#fetch(url, { method: 'POST', body: form, redirect: 'manual', signal });
      outcome = String(answer.status);
      taken = answer.status < 400;
      await answer.body?.cancel();
    } catch (error) {
      // Nobody there, or too slow: as good as refused.
      if (error instanceof NotCallableError) outcome = error.message;
    }
    if (this.#closing.signal.aborted) return false;
    this.#onAttempt(url, new Map(form), outcome);
    return taken;
  }

  #postpone({ id, subscription, rounds }: Message): void {
    this.#subscriptions.failed(subscription, MAX_FAILING);
    const pause = PAUSES[rounds];
    if (pause === undefined) this.#db.run('DELETE FROM outbox WHERE id = ?', id);
    else
      this.#db.run(
        'UPDATE outbox SET rounds = ?, due_at = ? WHERE id = ?',
        rounds + 1,
        this.#now() + pause,
        id,
      );
  }
}
