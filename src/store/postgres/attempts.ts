import { type AttemptStore, spendingOf, writeAttemptResult } from '../attempts.ts';
import type { PostgresParts } from './store.ts';

export function postgresAttempts({ db }: PostgresParts): AttemptStore {
  return {
    async spendAttempt({ id, answer, expiresAt }) {
      const taken = await db.run(
        'INSERT INTO @attempts (id, answer, expires_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING',
        ...[id, answer, expiresAt],
      );
      if (taken === 1) return { outcome: 'taken' };
      const [row] = await db.rows<{ answer: string; result: string | null }>(
        'SELECT answer, result FROM @attempts WHERE id = $1',
        id,
      );
      return row?.answer === answer ? spendingOf(row.result) : { outcome: 'spent' };
    },

    async finishAttempt(id, result) {
      await db.run('UPDATE @attempts SET result = $2 WHERE id = $1', id, writeAttemptResult(result));
    },
  };
}

/** A durable write: a row that is written over each time; once nobody asks any more it is swept. */
export const PROBE = `INSERT INTO @attempts (id, answer, expires_at) VALUES ('probe', '', 0)
  ON CONFLICT (id) DO UPDATE SET answer = excluded.answer`;

/** 256 KB that cannot be compressed, in a table that is emptied each minute. */
export const NEEDS_ROOM = `INSERT INTO @messages (id, message)
  SELECT gen_random_uuid(), string_agg(md5(random()::text), '') FROM generate_series(1, 8192)`;
