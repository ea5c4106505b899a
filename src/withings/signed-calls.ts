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
export function createSignedCall(post: Post, signer: Signer): SignedCall {
  const { clientId, clientSecret } = signer;
  return async (path, action, fields, body) => {
    const fresh = await askNonce(post, signer);
    if (!fresh.ok) return fresh;
    const proof = { action, client_id: clientId, nonce: fresh.value };
    const signed = { ...proof, signature: sign(proof, clientSecret), ...fields };
    return readAnswer(await post(path, signed), body);
  };
}

/** Whoever is given one has proven id and secret to this cloud, and sent no secret. */
export async function askNonce(post: Post, { clientId, clientSecret, now }: Signer): Promise<Result<string>> {
  const asked = { action: 'getnonce', client_id: clientId, timestamp: String(Math.floor(now() / 1000)) };
  const reply = await post('v2/signature', { ...asked, signature: sign(asked, clientSecret) });
  const fresh = readAnswer(reply, nonce);
  if (fresh.ok) return fresh;
  const { code, status } = fresh.refusal;
  const isClock = code !== 'withings-busy' && status !== null && clockIsOff(reply, now());
  return isClock ? refuse('clock-wrong', { status }) : fresh;
}

const nonce = z
  .object({ nonce: z.string().regex(/^[\x21-\x7e]{8,2048}$/, 'nonce') })
  .transform((body) => body.nonce);

/** How far a timestamp may be off is not documented; an honest clock is never this far off. */
export const CLOCK_SLACK_MS = 60_000;

function clockIsOff(reply: Reply, now: number): boolean {
  return Math.abs((timeOf(reply) ?? now) - now) > CLOCK_SLACK_MS;
}

/** Withings says what time it is with every answer (RFC 9110 6.6.1); milliseconds since 1970, null: not with this one. */
export function timeOf(reply: Reply): number | null {
  const theirs = Date.parse(reply.kind === 'answer' ? (reply.date ?? '') : '');
  return Number.isNaN(theirs) ? null : theirs;
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
