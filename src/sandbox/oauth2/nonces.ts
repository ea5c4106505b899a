import { MINUTE } from '../clock.ts';
import type { Db } from '../database.ts';
import { looksIssued, type Random } from '../secrets.ts';

/** Documented: 30 minutes, once. */
const NONCE_LIFETIME = 30 * MINUTE;

export class Nonces {
  readonly #db: Db;
  readonly #now: () => number;
  readonly #random: Random;

  constructor(db: Db, now: () => number, random: Random) {
    this.#db = db;
    this.#now = now;
    this.#random = random;
  }

  forgetAll(): void {
    this.#db.run('DELETE FROM nonces');
  }

  issue(clientId: string): string {
    const nonce = this.#random(20);
    this.#db.run('DELETE FROM nonces WHERE issued_at < ?', this.#now() - NONCE_LIFETIME);
    const sql = 'INSERT INTO nonces (nonce, client_id, issued_at) VALUES (?, ?, ?)';
    this.#db.run(sql, nonce, clientId, this.#now());
    return nonce;
  }

  /** Spends the nonce by reading it. */
  take(nonce: string | undefined, clientId: string): boolean {
    if (!looksIssued(nonce)) return false;
    const sql = 'DELETE FROM nonces WHERE nonce = ? AND client_id = ? RETURNING issued_at';
    const row = this.#db.get<{ issued_at: number }>(sql, nonce, clientId);
    return row !== undefined && this.#now() - row.issued_at <= NONCE_LIFETIME;
  }
}
