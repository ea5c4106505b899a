import type { Reply } from './http.ts';

/** A stable name for every way in which Withings can fail to give what was asked. */
export type RefusalCode =
  | 'code-refused'
  | 'refresh-token-refused'
  | 'access-token-refused'
  | 'client-refused'
  | 'clock-wrong'
  | 'redirect-uri-refused'
  | 'scope-missing'
  | 'withings-busy'
  | 'withings-timeout'
  | 'withings-unreachable'
  | 'withings-unreadable'
  | 'withings-refused';

/** What someone can do about it: the person reconnects, the program tries later, or the operator looks. */
export type Remedy = 'reconnect' | 'retry' | 'report';

export interface Refusal {
  code: RefusalCode;
  remedy: Remedy;
  /** Withings' in-body status, or null when there was none. */
  status: number | null;
  /** Seconds to wait: what Withings asks for (601), or until our share of calls allows another. */
  retryAfterSeconds: number | null;
}

export type Result<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

const REMEDIES: Record<RefusalCode, Remedy> = {
  'code-refused': 'reconnect',
  'refresh-token-refused': 'reconnect',
  'access-token-refused': 'reconnect',
  'scope-missing': 'reconnect',
  'client-refused': 'report',
  'clock-wrong': 'report',
  'redirect-uri-refused': 'report',
  'withings-refused': 'report',
  'withings-busy': 'retry',
  'withings-timeout': 'retry',
  'withings-unreachable': 'retry',
  'withings-unreadable': 'retry',
};

export function refuse(
  code: RefusalCode,
  status: number | null = null,
  retryAfterSeconds: number | null = null,
): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { code, remedy: REMEDIES[code], status, retryAfterSeconds } };
}

/** No answer at all, or one that HTTP already marks as a failure; null when the body is worth reading. */
export function refusalOfReply(reply: Reply): { ok: false; refusal: Refusal } | null {
  if (reply.kind === 'unsent') return refuse('withings-busy', null, reply.retryAfterSeconds);
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
