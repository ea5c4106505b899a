import { randomBytes } from 'node:crypto';
import type { Encryption } from './encryption.ts';
import { dueAt, type GrantContent, readGrantContent, writeGrantContent } from './grant.ts';

/** What a store holds of a grant; all else is within `sealed`. */
export interface SealedGrant {
  /** Random, 128 bits. */
  writeId: string;
  sealed: string;
  dueAt: number | null;
}

/** Seals a grant for its own id, with a write-id that was never used before. */
export function sealGrant(id: string, content: GrantContent, encryption: Encryption): SealedGrant {
  return {
    writeId: randomBytes(16).toString('base64url'),
    sealed: encryption.seal(writeGrantContent(content), placeOf(id)),
    dueAt: dueAt(content),
  };
}

/** @throws DecryptionError */
export function openGrant(id: string, sealed: string, encryption: Encryption): GrantContent {
  return readGrantContent(encryption.open(sealed, placeOf(id)));
}

/** In another grant's place it does not open. */
function placeOf(id: string): string {
  return `grant|${id}`;
}
