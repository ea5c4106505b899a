import { z } from 'zod';
import { readAttemptResult } from '../attempt-result.ts';
import type { Store, TakenAttempt } from '../store.ts';
import type { Connection } from './connection.ts';
import type { RedisKeys } from './keys.ts';

type AttemptStore = Pick<Store, 'beginAttempt' | 'knowsBrowser' | 'takeAttempt' | 'finishAttempt'>;

/** Of all browsers together; who begins more than that many in ten minutes is no crowd of people. */
const MAX_ATTEMPTS = 100_000;

/** Attempts in Redis: begun, taken once, finished. @param ttlUntil how long the server keeps a record */
export function redisAttempts(
  redis: Connection,
  keys: RedisKeys,
  ttlUntil: (at: number) => number,
): AttemptStore {
  return {
    async beginAttempt({ state, browser, demo, returnTo, expiresAt, perBrowser }) {
      const record = [state, browser, demo ? 1 : 0, returnTo, expiresAt, ttlUntil(expiresAt)] as const;
      await redis.run('beginAttempt', ...record, perBrowser, MAX_ATTEMPTS);
    },

    async knowsBrowser(browser, now) {
      return Number(await redis.command('ZCOUNT', keys.browser(browser), `(${now}`, '+inf')) > 0;
    },

    async takeAttempt({ state, browser, answer, now }) {
      return readTaken(await redis.run('takeAttempt', state, browser, answer, now));
    },

    async finishAttempt(state, finished) {
      await redis.run('finishAttempt', state, JSON.stringify(finished));
    },
  };
}

const taken = z.union([
  z.tuple([z.enum(['unknown', 'expired', 'spent', 'pending'])]),
  z.tuple([z.literal('taken'), z.string(), z.string()]),
  z.tuple([z.literal('finished'), z.string(), z.string(), z.string()]),
]);

function readTaken(answer: unknown): TakenAttempt {
  const read = taken.parse(answer);
  if (read.length === 1) return { outcome: read[0] };
  const attempt = { demo: read[1] === '1', returnTo: read[2] };
  if (read.length === 3) return { outcome: 'taken', attempt };
  return { outcome: 'finished', attempt, result: readAttemptResult(read[3]) };
}
