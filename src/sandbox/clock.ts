import type { Db } from './database.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const YEAR = 365 * DAY;

/** How far one push may move the clock; and how far ahead it may get in all, as every day adds measures. */
export const MAX_ADVANCE = 10 * YEAR;
const MAX_OFFSET = 30 * YEAR;

/** The real clock plus an offset that outlives a restart and only grows, but for a reset where that is allowed. */
export class Clock {
  readonly #db: Db;
  readonly #real: () => number;
  readonly #goesBack: boolean;
  #offset: number;
  /** When this sandbox was first opened: its people's history ends and begins relative to it. */
  readonly openedAt: number;

  constructor(db: Db, real: () => number, goesBack: boolean) {
    this.#db = db;
    this.#real = real;
    this.#goesBack = goesBack;
    this.#offset = this.#setting('offset', 0);
    this.openedAt = this.#setting('opened', real());
  }

  /** Milliseconds since 1970. */
  readonly now = (): number => this.#real() + this.#offset;

  /** Milliseconds ahead of the real clock. */
  get offset(): number {
    return this.#offset;
  }

  /** Moves on by whole milliseconds; false when that would lead too far. */
  advance(milliseconds: number): boolean {
    const offset = this.#offset + Math.round(milliseconds);
    if (offset > MAX_OFFSET) return false;
    this.#move(offset);
    return true;
  }

  /** Back to the real clock, unless it only goes forward here. */
  reset(): void {
    if (this.#goesBack) this.#move(0);
  }

  /** Whether a moment, in milliseconds, is so near to this clock or to the real one. */
  isNear(at: number, slack: number): boolean {
    return [this.now(), this.#real()].some((now) => Math.abs(at - now) <= slack);
  }

  #move(offset: number): void {
    this.#db.run("UPDATE settings SET value = ? WHERE name = 'offset'", offset);
    this.#offset = offset;
  }

  #setting(name: string, first: number): number {
    this.#db.run('INSERT OR IGNORE INTO settings (name, value) VALUES (?, ?)', name, first);
    return this.#db.get<{ value: number }>('SELECT value FROM settings WHERE name = ?', name)?.value ?? first;
  }
}
