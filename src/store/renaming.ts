import { CLOUDS, type Issuer } from '../withings/clouds.ts';
import { DecryptionError, type Encryption } from './encryption.ts';
import { openGrant, resealGrant, wrapGrant } from './sealed-grant.ts';
import { OPENS_NOTHING, type Person, type StoreKey } from './store-key.ts';

/** A grant of before stores had keys, as it is stored from then on. */
export interface RenamedGrant {
  id: string;
  sealed: string;
  issuer: Issuer;
  person: string;
  /** No key at hand opened it: it is kept as it is, and the key may come back. */
  unopened: boolean;
}

/**
 * Grants were called `eu:<user id>`, whatever Withings they came from. Those of the two clouds keep their issuer; at the
 * first start that speaks to any other, that one is who gave them.
 */
export function renameGrant(
  { id: old, sealed }: { id: string; sealed: string },
  key: StoreKey,
  encryption: Encryption,
  present: Issuer,
): RenamedGrant {
  const [cloud = '', userId = ''] = old.split(':');
  const issuer = present in CLOUDS ? cloud : present;
  const id = key.grantIdOf({ issuer, userId });
  const renamed = (person: Person, text: string, unopened: boolean) => ({
    ...{ id, issuer, unopened },
    sealed: text,
    person: key.sealPerson(id, person),
  });
  try {
    const content = { ...openGrant(old, sealed, encryption), issuer };
    return renamed(content, resealGrant(id, content, encryption), false);
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error;
    return renamed({ issuer, userId, demo: false }, wrapGrant(id, { old, sealed, issuer }, encryption), true);
  }
}

/** Under a wrong secret every grant would be taken for one whose key is gone. */
export function checkRenamed(grants: RenamedGrant[]): void {
  if (grants.length > 0 && grants.every(({ unopened }) => unopened)) {
    throw new Error(OPENS_NOTHING);
  }
}
