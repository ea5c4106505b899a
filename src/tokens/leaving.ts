import { userIdOf } from '../session/grant.ts';
import type { Store } from '../session/store.ts';
import type { Withings } from '../withings/client.ts';

export interface LeavingParts {
  store: Pick<Store, 'readGrant' | 'eraseGrant'>;
  withings: Pick<Withings, 'revoke' | 'removalPage' | 'subscriptions' | 'unsubscribe'>;
  /** The cloud that `withings` speaks to: the same user id there may be somebody else in the other one. */
  cloud: 'eu' | 'us';
  /** Whether a callback URL of a subscription is ours. */
  isOurs: (callbackUrl: string) => boolean;
}

export interface Left {
  /** Withings has ended its side too. */
  revoked: boolean;
  /** `revoked`, or the code of what was in the way. */
  outcome: string;
  /** Withings' own page for doing that by hand. */
  removalPage: string;
}

/** Ends connections. */
export interface Leaving {
  /** Erases here first, so that nothing Withings does or fails to do can keep the tokens; then revokes there. */
  leave(id: string): Promise<Left>;
}

export function createLeaving({ store, withings, cloud, isOurs }: LeavingParts): Leaving {
  /** What revoking would have ended as well. Whatever fails here ends by itself when nobody answers any more. */
  async function unsubscribe(accessToken: string): Promise<void> {
    const listed = await withings.subscriptions(accessToken);
    const ours = listed.ok ? listed.value.filter(({ callbackUrl }) => isOurs(callbackUrl)) : [];
    await Promise.all(ours.map((subscription) => withings.unsubscribe(accessToken, subscription)));
  }

  return {
    async leave(id) {
      const grant = await store.readGrant(id).catch(() => null); // leaving needs no key to the tokens
      await store.eraseGrant(id);
      const userId = userIdOf(id);
      const removalPage = withings.removalPage(userId);
      if (!id.startsWith(`${cloud}:`)) return { revoked: false, outcome: 'other-cloud', removalPage };
      const revoked = await withings.revoke(userId);
      if (!revoked.ok && grant) await unsubscribe(grant.accessToken);
      return {
        revoked: revoked.ok,
        outcome: revoked.ok ? 'revoked' : revoked.refusal.code,
        removalPage,
      };
    },
  };
}
