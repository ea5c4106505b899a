import { z } from 'zod';

/** What someone can do about it: the person reconnects, the program tries later, or the operator looks. */
export type Remedy = 'reconnect' | 'retry' | 'report';

/** Why there is no token, no answer or no data: a stable name for each way, with what helps. */
const REMEDIES = {
  // of the connection
  'not-connected': 'reconnect',
  'refresh-token-refused': 'reconnect',
  'lost-by-restore': 'reconnect', // the same, of a record that came back with a backup
  // of one call
  'code-refused': 'reconnect',
  'access-token-refused': 'retry', // custody has fetched a new one by then
  'scope-missing': 'reconnect',
  'client-refused': 'report',
  'clock-wrong': 'report',
  'redirect-uri-refused': 'report',
  'callback-refused': 'report',
  'withings-refused': 'report',
  'quota-used-up': 'retry', // our own share of calls
  'withings-busy': 'retry',
  'withings-timeout': 'retry',
  'withings-unreachable': 'retry',
  'withings-unreadable': 'retry',
} as const satisfies Record<string, Remedy>;

export type RefusalCode = keyof typeof REMEDIES;

export const refusalCode = z.enum(Object.keys(REMEDIES) as RefusalCode[]);

export interface Refusal {
  code: RefusalCode;
  remedy: Remedy;
  /** Withings' in-body status, or null when there was none. */
  status: number | null;
  /** Seconds to wait: what Withings asks for (601), or until our share of calls allows another. */
  retryAfterSeconds: number | null;
  /** Whether the call went out; `false`: our share of calls was used up. */
  sent: boolean;
}

export interface Refused {
  ok: false;
  refusal: Refusal;
}

export type Result<T> = { ok: true; value: T } | Refused;

/** The same result of something else that follows from the value. */
export function mapResult<T, U>(result: Result<T>, to: (value: T) => U): Result<U> {
  return result.ok ? { ok: true, value: to(result.value) } : result;
}

/** What is not said: the remedy is that of the code, there was no status and no word of when to ask again, and the call went out. */
export function refuse(
  code: RefusalCode,
  {
    remedy = REMEDIES[code],
    status = null,
    retryAfterSeconds = null,
    sent = true,
  }: Partial<Omit<Refusal, 'code'>> = {},
): Refused {
  return { ok: false, refusal: { code, remedy, status, retryAfterSeconds, sent } };
}

/** Our share of calls has none left. @param waitMs until it makes sense to ask again, milliseconds */
export function noTurn(waitMs: number): Refused {
  return refuse('quota-used-up', { sent: false, retryAfterSeconds: Math.ceil(waitMs / 1000) });
}
