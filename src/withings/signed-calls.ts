import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { readAnswer } from './answers.ts';
import { type Result, refuse } from './errors.ts';
import type { Post, Reply } from './http.ts';

export interface Signer {
  clientId: string;
  clientSecret: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Makes a call that proves who calls without sending the secret, and reads its answer. */
export type SignedCall = <T>(
  path: string,
  action: string,
  fields: Record<string, string>,
  body: z.ZodType<T>,
) => Promise<Result<T>>;

/** One fresh nonce for one call, never used again. Source: Withings, "Sign your requests". */
export function createSignedCall(post: Post, { clientId, clientSecret, now }: Signer): SignedCall {
  return async (path, action, fields, body) => {
    const asked = { action: 'getnonce', client_id: clientId, timestamp: String(Math.floor(now() / 1000)) };
    const reply = await post('v2/signature', { ...asked, signature: sign(asked, clientSecret) });
    const fresh = readAnswer(reply, nonce);
    if (!fresh.ok) {
      const { code, status } = fresh.refusal;
      const isClock = code !== 'withings-busy' && status !== null && clockIsOff(reply, now());
      return isClock ? refuse('clock-wrong', { status }) : fresh;
    }
    const proof = { action, client_id: clientId, nonce: fresh.value };
    const signed = { ...proof, signature: sign(proof, clientSecret), ...fields };
    return readAnswer(await post(path, signed), body);
  };
}

const nonce = z
  .object({ nonce: z.string().regex(/^[\x21-\x7e]{8,2048}$/, 'nonce') })
  .transform((body) => body.nonce);

/** How far a timestamp may be off is not documented; an honest clock is never this far off. */
const CLOCK_SLACK_MS = 60_000;

/** Withings says what time it is with every answer (RFC 9110 6.6.1). */
function clockIsOff(reply: Reply, now: number): boolean {
  const theirs = Date.parse(reply.kind === 'answer' ? (reply.date ?? '') : '');
  return Math.abs(theirs - now) > CLOCK_SLACK_MS;
}

/**
 * Withings' request signature: HMAC-SHA256 over the values of the signed parameters, in the alphabetical order of
 * their names, joined by commas; lower-case hex. Only `action`, `client_id` and `nonce` (for getnonce:
 * `timestamp`) are signed. Source: Withings, "Sign your requests".
 */
export function sign(parameters: Record<string, string>, clientSecret: string): string {
  const values = Object.keys(parameters)
    .sort()
    .map((name) => parameters[name]);
  return createHmac('sha256', clientSecret).update(values.join(',')).digest('hex');
}
