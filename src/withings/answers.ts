import { z } from 'zod';
import { type Refused, type Result, refusalOfReply, refusalOfStatus, refuse } from './errors.ts';
import type { Reply } from './http.ts';

/** A fresh pair of tokens, as the token endpoint answers it. */
export interface TokenPair {
  /** Withings' user id; null where an answer to a refresh leaves it out. */
  userId: string | null;
  accessToken: string;
  refreshToken: string;
  /** What the person granted, which may be less than was asked. */
  scope: string[];
  expiresInSeconds: number;
}

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

/** A number today, a string in older and in some newer answers; a string from here on. */
const userId = z.union([
  z.number().int().nonnegative().transform(String),
  z.string().regex(/^\d{1,20}$/, 'user id'),
]);

const token = z.string().regex(/^[\x21-\x7e]{8,2048}$/, 'token');

const seconds = z.union([
  z.number().int(),
  z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number),
]);

export const tokenPair: z.ZodType<TokenPair> = z
  .object({
    userid: userId.optional(),
    access_token: token,
    refresh_token: token,
    scope: z.string().max(1000),
    expires_in: seconds.pipe(z.number().min(1).max(31_536_000)),
  })
  .transform((body) => ({
    userId: body.userid ?? null,
    accessToken: body.access_token,
    refreshToken: body.refresh_token,
    scope: body.scope.split(/[, ]+/).filter((scope) => scope !== ''),
    expiresInSeconds: body.expires_in,
  }));

export const nothing: z.ZodType<null> = z.unknown().transform(() => null);

export const nonce: z.ZodType<string> = z.object({ nonce: token }).transform((body) => body.nonce);

/** The answers that carry a code wrap it in a user (Withings, "recoverauthorizationcode", "activate"). */
export const code: z.ZodType<string> = z
  .object({ user: z.object({ code: z.string().regex(/^[\x21-\x7e]{1,512}$/, 'code') }) })
  .transform((body) => body.user.code);

export const demoPair: z.ZodType<Pick<TokenPair, 'accessToken' | 'refreshToken' | 'expiresInSeconds'>> = z
  .object({
    access_token: token,
    refresh_token: token,
    expires_in: seconds.pipe(z.number().min(1).max(31_536_000)),
  })
  .transform((body) => ({
    accessToken: body.access_token,
    refreshToken: body.refresh_token,
    expiresInSeconds: body.expires_in,
  }));
