import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { createEncryption, DecryptionError, type Encryption } from './encryption.ts';
import type { GrantContent } from './grant.ts';

/** Whose a grant is: enough to give a permission back, and no more. Kept longer than the grant (outbox.ts). */
export type Person = Pick<GrantContent, 'issuer' | 'userId' | 'demo'>;

/**
 * What is made with the random key that each store has. It lies sealed in the store and goes wherever its records go:
 * no change of SESSION_SECRET gives anybody another name, as two records of one person would fight each other.
 */
export interface StoreKey {
  /** The id of a person's grant. A user id has eight digits: a plain hash of it is found out in minutes. */
  grantIdOf(person: Pick<Person, 'issuer' | 'userId'>): string;
  /** The name of a session; some keys are made of what can be guessed. */
  sessionNameOf(key: string): string;
  /** Ties the name of a session to its grant and its last day: whoever can write to the store cannot make this. */
  bind(name: string, grantId: string, endsAt: number): string;
  isBound(bound: string, name: string, grantId: string, endsAt: number): boolean;
  sealPerson(id: string, person: Person): string;
  /** Null: it was damaged. */
  openPerson(id: string, sealed: string): Person | null;
}

const person = z.object({ issuer: z.string(), userId: z.string(), demo: z.boolean() });

const PLACE = 'store key';

export const WRONG_SECRET =
  'SESSION_SECRET is not the one under which this store was filled: list that one too, behind a comma.';

export const OPENS_NOTHING =
  'SESSION_SECRET opens nothing in this store: set the one that the app had. If it made its own, that is in the file session-secret in the same folder.';

export function newStoreKey(encryption: Encryption): string {
  return encryption.seal(randomBytes(32).toString('base64url'), PLACE);
}

/**
 * @param resealed takes the same key under the newest secret, where another had sealed it
 * @throws Error with words for the operator when no secret at hand opens it
 */
export function openStoreKey(
  sealed: string,
  encryption: Encryption,
  resealed: (sealed: string) => void,
): StoreKey {
  try {
    const secret = encryption.open(sealed, PLACE);
    if (!encryption.isNewest(sealed)) resealed(encryption.seal(secret, PLACE));
    return createStoreKey(Buffer.from(secret, 'base64url'));
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error;
    throw new Error(WRONG_SECRET);
  }
}

function createStoreKey(secret: Buffer): StoreKey {
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', secret, 'withings-connect', purpose, 32));
  const [names, bindings] = [derive('names'), derive('bindings')];
  const people = createEncryption([{ id: 'store', key: derive('people') }]);
  const mac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest('base64url');
  const bind: StoreKey['bind'] = (...bound) => mac(bindings, JSON.stringify(bound));
  return {
    grantIdOf: ({ issuer, userId }) => mac(names, `grant|${issuer}|${userId}`),
    sessionNameOf: (key) => mac(names, `session|${key}`),
    bind,
    isBound(bound, ...to) {
      const [brought, expected] = [Buffer.from(bound), Buffer.from(bind(...to))];
      return brought.length === expected.length && timingSafeEqual(brought, expected);
    },
    sealPerson: (id, { issuer, userId, demo }) =>
      people.seal(JSON.stringify({ issuer, userId, demo }), `person|${id}`),
    openPerson(id, sealed) {
      try {
        return person.parse(JSON.parse(people.open(sealed, `person|${id}`)));
      } catch (error) {
        if (error instanceof DecryptionError) return null;
        throw error;
      }
    },
  };
}
