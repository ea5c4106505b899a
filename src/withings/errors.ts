import { z } from 'zod';
import type { Reply } from './http.ts';

/** What someone can do about it: the person reconnects, the program tries later, or the operator looks. */
export type Remedy = 'reconnect' | 'retry' | 'report';

/** Why there is no token, no answer or no data: a stable name for each way, with what helps. */
const REMEDIES = {
  // of the connection
  'not-connected': 'reconnect',
  'refresh-token-refused': 'reconnect',
  'other-cloud': 'report',
  // of one call
  'code-refused': 'reconnect',
  'access-token-refused': 'retry', // custody has fetched a new one by then
  'scope-missing': 'reconnect',
  'client-refused': 'report',
  'clock-wrong': 'report',
  'redirect-uri-refused': 'report',
  'callback-refused': 'report',
  'withings-refused': 'report',
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
}

export interface Refused {
  ok: false;
  refusal: Refusal;
}

export type Result<T> = { ok: true; value: T } | Refused;

export function refuse(
  code: RefusalCode,
  { remedy = REMEDIES[code], status = null, retryAfterSeconds = null }: Partial<Omit<Refusal, 'code'>> = {},
): Refused {
  return { ok: false, refusal: { code, remedy, status, retryAfterSeconds } };
}

/** No answer at all, or one that HTTP already marks as a failure; null when the body is worth reading. */
export function refusalOfReply(reply: Reply): Refused | null {
  if (reply.kind === 'unsent') return refuse('withings-busy', { retryAfterSeconds: reply.retryAfterSeconds });
  if (reply.kind === 'silence') {
    if (reply.why === 'timeout') return refuse('withings-timeout');
    return refuse(reply.why === 'unreachable' ? 'withings-unreachable' : 'withings-unreadable');
  }
  if (reply.httpStatus === 429) return refuse('withings-busy');
  if (reply.httpStatus >= 500) return refuse('withings-unreachable');
  return reply.httpStatus === 200 ? null : refuse('withings-unreadable');
}

/**
 * Withings refuses with HTTP 200: the verdict is `status` in the body, and one status has several causes that only
 * the text tells apart. 503 is "invalid params", not an outage. Sources: Withings, "Response status" (families);
 * texts as seen in the field.
 */
export function refusalOfStatus(status: number, text: string): RefusalCode {
  if (/insufficient_scope/i.test(text)) return 'scope-missing';
  if (/invalid code/i.test(text)) return 'code-refused';
  if (/invalid refresh_token/i.test(text)) return 'refresh-token-refused';
  if (/client id\/secret/i.test(text)) return 'client-refused';
  switch (status) {
    case 100:
    case 101:
    case 102:
    case 200:
    case 283:
    case 401:
      return 'access-token-refused';
    case 214:
    case 277:
    case 2553:
      return 'scope-missing';
    case 293:
      return 'redirect-uri-refused';
    case 342:
    case 343:
      return 'client-refused'; // signature or nonce: ours to get right, never the person's fault
    case 522:
      return 'withings-timeout';
    case 601:
      return 'withings-busy';
    default:
      return 'withings-refused';
  }
}
