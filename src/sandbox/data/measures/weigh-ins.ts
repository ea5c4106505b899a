import type { Db } from '../../database.ts';

/** A step on the scale beyond the daily routine. `at` in milliseconds. */
export interface WeighIn {
  id: number;
  at: number;
}

/** Of one person: the scale forgets the oldest. */
const MAX_WEIGH_INS = 200;

export class WeighIns {
  readonly #db: Db;
  readonly #now: () => number;

  constructor(db: Db, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  add(userId: number): WeighIn {
    const sql = 'INSERT INTO weigh_ins (user_id, at) VALUES (?, ?) RETURNING id, at';
    const added = this.#db.get<WeighIn>(sql, userId, this.#now());
    if (!added) throw new Error('The weigh-in was not stored.');
    this.#db.run(OLDEST, userId, userId, MAX_WEIGH_INS);
    return added;
  }

  of(userId: number): WeighIn[] {
    return this.#db.all<WeighIn>('SELECT id, at FROM weigh_ins WHERE user_id = ?', userId);
  }

  removeAll(): void {
    this.#db.run('DELETE FROM weigh_ins');
  }
}

const OLDEST = `DELETE FROM weigh_ins WHERE user_id = ? AND id NOT IN
  (SELECT id FROM weigh_ins WHERE user_id = ? ORDER BY id DESC LIMIT ?)`;
