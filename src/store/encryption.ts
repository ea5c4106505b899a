import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Keys } from './keys.ts';

/**
 * A record that cannot be opened, or means nothing to this version. It is never deleted for that: the key, or the newer
 * version, may come back.
 */
export class DecryptionError extends Error {
  readonly why: 'unknown-key' | 'damaged' | 'unreadable';
  constructor(why: DecryptionError['why']) {
    super(`A sealed record cannot be opened: ${why}`);
    this.why = why;
  }
}

/** Authenticated encryption (AEAD). Text is sealed for one place: in another place it does not open. */
export interface Encryption {
  seal(text: string, place: string): string;
  /** Whether the newest key sealed it: any other may be taken away one day. */
  isNewest(sealed: string): boolean;
  /** Whether a key at hand sealed it. */
  isKnown(sealed: string): boolean;
  /** @throws DecryptionError */
  open(sealed: string, place: string): string;
}

/**
 * AES-256-GCM with a ring of keys: the newest seals, every one opens. A sealed text is
 * `<key id>.<iv>.<ciphertext and tag>`; key id and place are authenticated with it.
 */
export function createEncryption(ring: Keys['seal']): Encryption {
  const [newest] = ring;
  if (!newest) throw new Error('Encryption needs at least one key');
  return {
    seal(text, place) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', newest.key, iv).setAAD(aad(newest.id, place));
      const box = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${newest.id}.${iv.toString('base64url')}.${box.toString('base64url')}`;
    },
    isKnown: (sealed) => ring.some(({ id }) => sealed.startsWith(`${id}.`)),
    isNewest: (sealed) => sealed.startsWith(`${newest.id}.`),
    open(sealed, place) {
      const [id = '', iv = '', box = ''] = sealed.split('.');
      const entry = ring.find((candidate) => candidate.id === id);
      if (!entry) throw new DecryptionError('unknown-key');
      try {
        const bytes = Buffer.from(box, 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', entry.key, Buffer.from(iv, 'base64url'), {
          authTagLength: 16,
        });
        decipher.setAAD(aad(id, place)).setAuthTag(bytes.subarray(-16));
        return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
      } catch {
        throw new DecryptionError('damaged');
      }
    },
  };
}

function aad(keyId: string, place: string): Buffer {
  return Buffer.from(`${keyId}|${place}`);
}

/**
 * What a browser was given to carry, if it is ours and as it was.
 *
 * @returns null for anything that no key at hand opens in this place, and for what another version has sealed: there is
 *   nothing to be done about it
 */
export function openSealed<T>(
  encryption: Encryption,
  sealed: string,
  place: string,
  content: z.ZodType<T>,
): T | null {
  try {
    return content.safeParse(JSON.parse(encryption.open(sealed, place))).data ?? null;
  } catch (error) {
    if (error instanceof DecryptionError) return null;
    throw error;
  }
}
