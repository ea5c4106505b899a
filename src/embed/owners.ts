import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { ListedConnection } from '../store/connections.ts';
import { openSealed } from '../store/encryption.ts';
import { hashed } from '../store/keys.ts';
import { ENDLESS_MS, type NewSession, type StoredSession } from '../store/sessions.ts';
import type { Store } from '../store/store.ts';
import type { ConnectOptions } from './options.ts';

/** People of the application, each of whom owns a grant as a browser's session does elsewhere. */
export interface Owners {
  /** The session of this owner as it begins. */
  begin(owner: string): NewSession;
  /** What this owner has; null: nothing. */
  find(owner: string): Promise<StoredSession | null>;
  end(owner: string): Promise<void>;
  /** Who owns this grant; those whom no secret at hand names are left out. */
  of(grantId: string): Promise<string[]>;
  /** The same of a grant that was listed. */
  among(sessions: ListedConnection['sessions']): string[];
}

const PLACE = 'owner';
const kept = z.object({ sealed: z.string() });
const about = z.object({ owner: z.string() });

/** @param now milliseconds since 1970 */
export function createOwners(
  store: Pick<Store, 'encryption' | 'readSession' | 'updateSession' | 'endSession' | 'readOwners'>,
  now: () => number,
): Owners {
  const { encryption } = store;
  const keyOf = (owner: string) => hashed(`owner ${owner}`);
  /** It may be an address or a number that means somebody: sealed like the tokens. */
  const seal = (owner: string) =>
    JSON.stringify({ sealed: encryption.seal(JSON.stringify({ owner }), PLACE) });

  function ownersIn(data: string): string[] {
    const sealed = kept.safeParse(JSON.parse(data)).data?.sealed;
    const opened = sealed === undefined ? null : openSealed(encryption, sealed, PLACE, about);
    return opened === null ? [] : [opened.owner];
  }

  return {
    begin(owner) {
      const ends = now() + ENDLESS_MS;
      return { key: keyOf(owner), data: seal(owner), idleUntil: ends, endsAt: ends };
    },

    async find(owner) {
      const session = await store.readSession(keyOf(owner), now());
      const sealed = session && kept.safeParse(JSON.parse(session.data)).data?.sealed;
      if (session && !(sealed && encryption.isNewest(sealed)))
        await store.updateSession(keyOf(owner), seal(owner));
      return session;
    },

    end: (owner) => store.endSession(keyOf(owner)),
    of: async (grantId) => (await store.readOwners(grantId, now())).flatMap(ownersIn),
    among: (sessions) => sessions.flatMap(({ data }) => ownersIn(data)),
  };
}

/**
 * Whoever is signed in, by the application's own word; null: nobody.
 *
 * @throws TypeError for an answer that is neither text nor nothing, such as a promise: it would be everybody's name
 */
export function whoIs(owner: ConnectOptions<IncomingMessage>['owner'], req: IncomingMessage): string | null {
  const who: unknown = owner(req);
  if (who === null || who === undefined || who === '') return null;
  if (typeof who !== 'string') throw new TypeError('owner must return a string, or null for nobody');
  return who;
}

/** @throws TypeError for what names nobody */
export function named(owner: string): string {
  if (typeof owner !== 'string' || owner === '')
    throw new TypeError('connect.of needs an owner: a string as options.owner returns it');
  return owner;
}
