import { z } from 'zod';
import { type RefusalCode, type Refused, type Result, refuse } from './errors.ts';
import type { Reply } from './http.ts';

const envelope = z.object({
  status: z.number().int(),
  body: z.unknown(),
  error: z.string().optional().catch(undefined),
});

const waiting = z.object({ wait_seconds: z.number().int().positive().max(86_400) });

/**
 * Reads one answer of the API: refusals by (status, text), and a body only when status is 0.
 * A body that does not have the promised shape is a refusal too, never half a value.
 */
export function readAnswer<T>(reply: Reply, body: z.ZodType<T>): Result<T> {
  const failed = refusalOfReply(reply);
  if (failed) return failed;
  const answer = envelope.safeParse(parseJson(reply));
  if (!answer.success) return refuse('withings-unreadable');
  const { status, error } = answer.data;
  if (status !== 0) return refusedWith(status, error ?? '', answer.data.body);
  const value = body.safeParse(answer.data.body);
  return value.success ? { ok: true, value: value.data } : refuse('withings-unreadable', { status: 0 });
}

/** A refusal is short; no list is read twice for this. */
const MAX_REFUSAL_CHARACTERS = 4096;

/** Withings refused it as one call too many, or as a repeat. */
export function isBusy(reply: Reply): boolean {
  if (reply.kind !== 'answer' || reply.text.length > MAX_REFUSAL_CHARACTERS) return false;
  const answer = readAnswer(reply, nothing);
  return !answer.ok && answer.refusal.code === 'withings-busy';
}

/** In a word for whoever counts: `ok`, `status_601`, `http_502`, `timeout` …; of a refusal never the text. */
export function outcomeOf(reply: Reply): string {
  if (reply.kind === 'unsent') return 'unsent';
  if (reply.kind === 'silence') return reply.why;
  if (reply.httpStatus !== 200) return `http_${reply.httpStatus}`;
  if (reply.text.length > MAX_REFUSAL_CHARACTERS) return 'ok';
  const answer = envelope.safeParse(parseJson(reply));
  if (!answer.success) return 'unreadable';
  return answer.data.status === 0 ? 'ok' : `status_${answer.data.status}`;
}

function parseJson(reply: Reply): unknown {
  try {
    return reply.kind === 'answer' ? JSON.parse(reply.text) : undefined;
  } catch {
    return undefined; // HTML, truncated, empty: the envelope schema refuses it by name
  }
}

function refusedWith(status: number, text: string, body: unknown): Refused {
  const wait = waiting.safeParse(body);
  const retryAfterSeconds = wait.success ? wait.data.wait_seconds : null;
  return refuse(refusalOfStatus(status, text), { status, retryAfterSeconds });
}

export const nothing: z.ZodType<null> = z.unknown().transform(() => null);

/** No answer at all, or one that HTTP already marks as a failure; null when the body is worth reading. */
function refusalOfReply(reply: Reply): Refused | null {
  if (reply.kind === 'unsent')
    return refuse('quota-used-up', { sent: false, retryAfterSeconds: reply.retryAfterSeconds });
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
