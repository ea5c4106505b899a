import { MINUTE, SECOND } from '../clock.ts';
import type { Db } from '../database.ts';
import { looksIssued, type Random } from '../secrets.ts';

/** Documented: 30 seconds from the browser, 10 minutes when made server side; once. */
export const BROWSER_CODE_LIFETIME = 30 * SECOND;
export const SERVER_CODE_LIFETIME = 10 * MINUTE;

/** What a person agreed to. */
export interface Consent {
  clientId: string;
  userId: number;
  scope: string;
  redirectUri: string;
  consentedAt: number;
}

interface CodeRow {
  client_id: string;
  user_id: number;
  scope: string;
  redirect_uri: string;
  issued_at: number;
  dies_at: number;
}

export class Codes {
  readonly #db: Db;
  readonly #now: () => number;
  readonly #random: Random;

  constructor(db: Db, now: () => number, random: Random) {
    this.#db = db;
    this.#now = now;
    this.#random = random;
  }

  /** `lifetime` in milliseconds. */
  issue(consent: Omit<Consent, 'consentedAt'>, lifetime: number): string {
    const code = this.#random(20);
    this.#db.run('DELETE FROM codes WHERE dies_at < ?', this.#now());
    this.#db.run(
      'INSERT INTO codes (code, client_id, user_id, redirect_uri, scope, issued_at, dies_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      code,
      consent.clientId,
      consent.userId,
      consent.redirectUri,
      consent.scope,
      this.#now(),
      this.#now() + lifetime,
    );
    return code;
  }

  /** Spends the code by reading it, whatever is said about it afterwards. Another client cannot spend it. */
  take(code: string | undefined, clientId: string): Consent | undefined {
    if (!looksIssued(code)) return undefined;
    const row = this.#db.get<CodeRow>(
      'DELETE FROM codes WHERE code = ? AND client_id = ? RETURNING *',
      code,
      clientId,
    );
    if (!row || this.#now() > row.dies_at) return undefined;
    return {
      clientId: row.client_id,
      userId: row.user_id,
      scope: row.scope,
      redirectUri: row.redirect_uri,
      consentedAt: row.issued_at,
    };
  }

  forget(userId: number, clientId: string): void {
    this.#db.run('DELETE FROM codes WHERE user_id = ? AND client_id = ?', userId, clientId);
  }
}
