import type { EndingStore } from './endings.ts';
import type { BoundSession, NewSession, SessionStore } from './sessions.ts';
import type { StoreKey } from './store-key.ts';

/**
 * Sessions under names that nobody can guess, each bound to its grant and its last day: whoever may write to the store
 * cannot point their own at somebody else's grant. The idle limit moves freely.
 *
 * @param onForged told of a session that is not what was stored; it is no session then
 */
export function boundSessions(
  stored: SessionStore<BoundSession> & EndingStore,
  { sessionNameOf, bind, isBound }: StoreKey,
  onForged: () => void,
): SessionStore & EndingStore {
  function bound({ key, ...session }: NewSession, grantId: string): BoundSession {
    const name = sessionNameOf(key);
    return { ...session, key: name, bound: bind(name, grantId, session.endsAt) };
  }

  const readSession: SessionStore['readSession'] = async (key, now) => {
    const name = sessionNameOf(key);
    const session = await stored.readSession(name, now);
    if (!session?.grantId || isBound(session.bound, name, session.grantId, session.endsAt)) return session;
    onForged();
    return null;
  };

  return {
    readSession,
    updateSession: (key, data) => stored.updateSession(sessionNameOf(key), data),
    touchSession: (key, visit) => stored.touchSession(sessionNameOf(key), visit),
    readEnding: (key, now) => stored.readEnding(sessionNameOf(key), now),
    endSession: (key) => stored.endSession(sessionNameOf(key)),
    signIn: (entry) =>
      stored.signIn({
        ...entry,
        session: bound(entry.session, entry.grant.id),
        replaces: entry.replaces && sessionNameOf(entry.replaces),
      }),
    beginSession: (grantId, session) => stored.beginSession(grantId, bound(session, grantId)),
    readLongestSession: stored.readLongestSession,
    // Of a session that was read, and so verified, in the same request.
    readOtherSessions: (key, now) => stored.readOtherSessions(sessionNameOf(key), now),
    endOtherSessions: (key, now) => stored.endOtherSessions(sessionNameOf(key), now),
    async transferSession(key, now, session, replaces) {
      const from = await readSession(key, now);
      if (!from?.grantId) return false;
      const to = bound(session, from.grantId);
      return stored.transferSession(sessionNameOf(key), now, to, replaces && sessionNameOf(replaces));
    },
  };
}
