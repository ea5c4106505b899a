import { type AttemptStore, type Spending, spendingOf, writeAttemptResult } from '../attempts.ts';
import { refuseMarked } from './copy.ts';
import type { Db } from './database.ts';

/**
 * @param db has those from which a sign-in came, written in its own transaction
 * @param unsynced has all of them
 */
export function sqliteAttempts(db: Db, unsynced: Db): AttemptStore {
  return {
    async spendAttempt({ id, answer, expiresAt }) {
      refuseMarked(db);
      const connected = db.get('SELECT answer FROM attempts WHERE id = ?', id);
      if (connected) {
        const result = writeAttemptResult({ kind: 'connected' });
        return connected.answer === answer ? spendingOf(result) : { outcome: 'spent' };
      }
      return unsynced.transaction((): Spending => {
        const row = unsynced.get<{ answer: string; result: string | null }>(
          'SELECT answer, result FROM attempts WHERE id = ?',
          id,
        );
        if (row) return row.answer === answer ? spendingOf(row.result) : { outcome: 'spent' };
        unsynced.run('INSERT INTO attempts (id, answer, expires_at) VALUES (?, ?, ?)', id, answer, expiresAt);
        return { outcome: 'taken' };
      });
    },

    async finishAttempt(id, result) {
      refuseMarked(db);
      unsynced.run('UPDATE attempts SET result = ? WHERE id = ?', writeAttemptResult(result), id);
    },
  };
}
