import { createHash, timingSafeEqual } from 'node:crypto';

/** Where Withings notifies us. Notifications are unsigned, so the address carries a secret. */
export interface Address {
  /** What new subscriptions are made for: under the newest secret. */
  current: string;
  /** Under each secret that still counts. */
  all: string[];
  /** Whether this is the path of a secret that still counts; in the same time whatever it is. */
  admits(secret: string): boolean;
  /** Whether a subscription leads here, under whatever secret. */
  isOurs(callbackUrl: string): boolean;
}

/** @param secrets newest first */
export function createAddress(publicUrl: string, secrets: string[]): Address {
  const base = `${publicUrl}/webhooks/withings/`;
  const digests = secrets.map(digest);
  return {
    current: base + secrets[0],
    all: secrets.map((secret) => base + secret),
    admits(secret) {
      const asked = digest(secret);
      return digests.map((known) => timingSafeEqual(known, asked)).includes(true);
    },
    isOurs: (callbackUrl) => callbackUrl.startsWith(base),
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
