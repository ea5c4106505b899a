import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** The doctor's clock and that of an instance on another machine may differ by some of it. */
const LIVES_MS = 2 * 60_000;

/** A question that only who knows SESSION_SECRET can ask; for a path. It names its end, and serves for nothing else. */
export function newChallenge(key: Buffer, now: number): string {
  const asked = `${now + LIVES_MS}.${randomBytes(12).toString('base64url')}`;
  return `${asked}.${mac(key, 'asked', asked)}`;
}

/** The key under which that was asked, of those that count; null: it was not, or is too old. */
export function keyOf(challenge: string, keys: Buffer[], now: number): Buffer | null {
  const [until = '', random = '', signature = ''] = challenge.split('.');
  const left = Number(until) - now;
  if (!(left > 0 && left <= 2 * LIVES_MS)) return null;
  return keys.find((key) => isSame(signature, mac(key, 'asked', `${until}.${random}`))) ?? null;
}

/** What only who knows SESSION_SECRET can answer to it. */
export function proofFor(challenge: string, key: Buffer): string {
  return mac(key, 'answered', challenge);
}

export function isSame(brought: string, expected: string): boolean {
  const [a, b] = [Buffer.from(brought), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function mac(key: Buffer, purpose: string, text: string): string {
  return createHmac('sha256', key).update(`${purpose}|${text}`).digest('base64url');
}
