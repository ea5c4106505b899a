import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Lower-case hex of so many random bytes. */
export type Random = (bytes: number) => string;

export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** Equal or not, without telling by the time it takes where they differ. */
export function sameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

/** HMAC-SHA256 with the client secret over the values, joined by commas; lower-case hex (documented). */
export function sign(secret: string, ...values: string[]): string {
  return createHmac('sha256', secret).update(values.join(',')).digest('hex');
}

/** Tokens, codes and nonces all look like this. */
export function looksIssued(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{40}$/.test(text);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
