import {
  type AttemptStore,
  MAX_ATTEMPTS,
  readAttemptResult,
  type TakenAttempt,
  writeAttemptResult,
} from '../attempts.ts';
import type { Db } from './database.ts';

const TRIM_EVERY = 256;
const TRIM = `DELETE FROM attempts WHERE state IN
  (SELECT state FROM attempts ORDER BY expires_at DESC LIMIT -1 OFFSET ?)`;

export function sqliteAttempts(db: Db): AttemptStore {
  let begun = 0;
  return {
    async beginAttempt({ state, browser, demo, returnTo, expiresAt, perBrowser }) {
      db.transaction(() => {
        if (begun++ % TRIM_EVERY === 0) db.run(TRIM, MAX_ATTEMPTS);
        db.run(
          'INSERT INTO attempts (state, browser, demo, return_to, expires_at) VALUES (?, ?, ?, ?, ?)',
          state,
          browser,
          demo ? 1 : 0,
          returnTo,
          expiresAt,
        );
        db.run(
          `DELETE FROM attempts WHERE state IN
             (SELECT state FROM attempts WHERE browser = ? AND state <> ? ORDER BY expires_at DESC LIMIT -1 OFFSET ?)`,
          browser,
          state,
          perBrowser - 1,
        );
      });
    },

    async knowsBrowser(browser, now) {
      return (
        db.get('SELECT 1 FROM attempts WHERE browser = ? AND expires_at > ? LIMIT 1', browser, now) !==
        undefined
      );
    },

    async takeAttempt({ state, browser, answer, now }) {
      return db.transaction((): TakenAttempt => {
        const row = db.get('SELECT * FROM attempts WHERE state = ?', state);
        if (!row || row.browser !== browser) return { outcome: 'unknown' };
        if (Number(row.expires_at) <= now) return { outcome: 'expired' };
        const attempt = { demo: row.demo === 1, returnTo: String(row.return_to) };
        if (row.answer === null) {
          db.run('UPDATE attempts SET answer = ? WHERE state = ?', answer, state);
          return { outcome: 'taken', attempt };
        }
        if (row.answer !== answer) return { outcome: 'spent' };
        if (row.result === null) return { outcome: 'pending' };
        return { outcome: 'finished', attempt, result: readAttemptResult(String(row.result)) };
      });
    },

    async finishAttempt(state, finished) {
      db.run('UPDATE attempts SET result = ? WHERE state = ?', writeAttemptResult(finished), state);
    },
  };
}
