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
  if (!isName(who)) throw new TypeError('owner must return a string of whole characters, or null for nobody');
  return who;
}

/** @throws TypeError for what is neither a request nor a name, such as null: it would be whoever `owner` makes of it */
export function named(owner: unknown): string {
  if (!isName(owner))
    throw new TypeError('connect.of needs a request, or an owner: a string as options.owner returns it');
  return owner;
}

/** Whether it can be asked who is signed in with it, whichever framework has made it. */
export function isRequest(who: unknown): who is IncomingMessage {
  const headers = typeof who === 'object' && who !== null && 'headers' in who ? who.headers : null;
  return typeof headers === 'object' && headers !== null;
}

/** Halves of a character are all the same once they are UTF-8: two people would be one. */
function isName(who: unknown): who is string {
  return typeof who === 'string' && who !== '' && !/\p{Surrogate}/u.test(who);
}
