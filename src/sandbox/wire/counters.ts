import type { Db } from '../database.ts';

/** Calls by endpoint and outcome: a status number, `ok`, or the name of the fault that struck. */
export class Counters {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  count(endpoint: string, outcome: string): void {
    const sql = `INSERT INTO counters (endpoint, outcome, n) VALUES (?, ?, 1)
      ON CONFLICT (endpoint, outcome) DO UPDATE SET n = n + 1`;
    this.#db.run(sql, endpoint, outcome);
  }

  clear(): void {
    this.#db.run('DELETE FROM counters');
  }

  all(): Record<string, Record<string, number>> {
    const counted: Record<string, Record<string, number>> = {};
    const rows = this.#db.all<{ endpoint: string; outcome: string; n: number }>(
      'SELECT * FROM counters ORDER BY endpoint, outcome',
    );
    for (const { endpoint, outcome, n } of rows) {
      counted[endpoint] = { ...counted[endpoint], [outcome]: n };
    }
    return counted;
  }
}
