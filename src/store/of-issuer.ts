import type { Issuer } from '../withings/clouds.ts';
import type { Store } from './store.ts';

/**
 * The store as a program may use it that speaks to this issuer. Whoever signed in at another one stays as they are, and
 * are nobody here: the same user id may be somebody else.
 */
export function ofIssuer(store: Store, issuer: Issuer): Store {
  const readSession: Store['readSession'] = async (key, now) => {
    const session = await store.readSession(key, now);
    const isTheirs = session?.person && session.person.issuer !== issuer;
    return isTheirs ? null : session;
  };
  return {
    ...store,
    readSession,
    async readEnding(key, now) {
      const ending = await store.readEnding(key, now);
      return ending?.grant && ending.grant.issuer !== issuer ? null : ending;
    },
    async transferSession(key, now, ...to) {
      return (await readSession(key, now)) !== null && store.transferSession(key, now, ...to);
    },
  };
}
